#include "edge/fault.hpp"

#include <array>
#include <utility>

namespace peko::edge {

namespace {

constexpr std::array<FaultInfo, kFaultCount> kFaults{{
    {"PEKO-NO-FUNCTION", 404, "No function answers at this host.", "",
     "Ask another host, or give --default NAME: the function of that name answers every host."},
    {"PEKO-BAD-REQUEST", 400, "The request is not valid HTTP.", ""},
    {"PEKO-URI", 414, "The request's URI is too long.", "uri_bytes",
     "Send less in the URI, or raise uri_bytes in [limits] of peko.toml."},
    {"PEKO-HEADERS", 431, "The request's header fields are too large.", "request_headers_kb",
     "Send fewer or shorter fields (cookies, most often), or raise request_headers_kb in [limits] of peko.toml."},
    {"PEKO-BAD-REQUEST", 408, "The request's head did not arrive in time.", ""},
    {"PEKO-BAD-REQUEST", 505, "This version of HTTP is not supported.", ""},
    {"PEKO-BAD-REQUEST", 501, "This method or transfer coding is not supported.", ""},
    {"PEKO-BAD-REQUEST", 417, "Nothing but 100-continue can be expected.", ""},
    {"PEKO-BODY", 413, "The request's body is too large.", "request_body_mb"},
    {"PEKO-CPU", 500, "The function used more CPU time than it may.", "cpu_ms"},
    {"PEKO-WALL", 504, "The function did not answer in time.", "wall_ms"},
    {"PEKO-MEMORY", 500, "The function used more memory than it may.", "memory_mb"},
    {"PEKO-STACK", 500, "The function exhausted its stack.", "stack_kb"},
    {"PEKO-TRAP", 500, "The function failed.", ""},
    {"PEKO-EXIT", 500, "The function exited instead of answering.", ""},
    {"PEKO-NO-RESPONSE", 500, "The function returned without a response.", ""},
    {"PEKO-EXCEPTION", 500, "The function threw an error.", ""},
    {"PEKO-BAD-COMPONENT", 500, "The function could not be loaded.", ""},
    {"PEKO-BUILD", 500, "The function could not be built.", ""},
    {"PEKO-OVERLOADED", 503, "All instances are busy; try again.", ""},
    {"PEKO-STORE", 503, "The function's code is not at hand; try again.", ""},
    {"PEKO-SUBREQUESTS", 500, "The function sent more requests than it may.", "subrequests"},
    {"PEKO-INTERNAL", 500, "Peko failed; this is a bug in Peko.", ""},
}};
}  // namespace

const FaultInfo& info(Fault fault) { return kFaults[std::to_underlying(fault)]; }

std::size_t index_of(const FaultInfo& info) { return static_cast<std::size_t>(&info - kFaults.data()); }

Fault fault_of(engine::Outcome outcome) {
  switch (outcome) {
    case engine::Outcome::Cpu: return Fault::Cpu;
    case engine::Outcome::Memory: return Fault::Memory;
    case engine::Outcome::Stack: return Fault::Stack;
    case engine::Outcome::Trap:
    case engine::Outcome::Resources: return Fault::Trap;
    case engine::Outcome::Exit: return Fault::Exit;
    case engine::Outcome::NoResponse: return Fault::NoResponse;
    case engine::Outcome::Exception: return Fault::Exception;
    case engine::Outcome::Capacity: return Fault::Overloaded;
    case engine::Outcome::BadRequest: return Fault::BadRequest;
    case engine::Outcome::Ok:
    case engine::Outcome::Cancelled:
    case engine::Outcome::Internal: break;
  }
  return Fault::Internal;
}

Fault fault_of(http::Rejection rejection) {
  switch (rejection) {
    case http::Rejection::BadRequest: return Fault::BadRequest;
    case http::Rejection::UriTooLong: return Fault::UriTooLong;
    case http::Rejection::HeadersTooLarge: return Fault::HeadersTooLarge;
    case http::Rejection::HeadTimeout: return Fault::HeadTimeout;
    case http::Rejection::UnsupportedVersion: return Fault::Version;
    case http::Rejection::NotImplemented: return Fault::NotImplemented;
    case http::Rejection::ExpectationFailed: return Fault::Expectation;
  }
  return Fault::BadRequest;
}

}  // namespace peko::edge
