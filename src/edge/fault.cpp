#include "edge/fault.hpp"

#include <array>
#include <utility>

namespace peko::edge {

namespace {

constexpr std::array<FaultInfo, kFaultCount> kFaults{{
    {"PEKO-NO-FUNCTION", 404, "No function answers at this host.", "",
     "Ask another host, or give --default NAME: the function of that name answers every host."},
    {"PEKO-NO-ASSET", 404, "Nothing is at this path.", ""},
    {"PEKO-BAD-REQUEST", 400, "The request is not valid HTTP.", ""},
    {"PEKO-URI", 414, "The request's URI is too long.", "uri_bytes",
     "Send less in the URI: uri_bytes in [limits] of peko.toml can be 8192 at most."},
    {"PEKO-HEADERS", 431, "The request's header fields are too large.", "request_headers_kb",
     "Send fewer or shorter fields (cookies, most often): 128 KiB (request_headers_kb) and 200 fields are the most."},
    {"PEKO-BAD-REQUEST", 408, "The request's head did not arrive in time.", ""},
    {"PEKO-BAD-REQUEST", 505, "This version of HTTP is not supported.", ""},
    {"PEKO-BAD-REQUEST", 501, "This method or transfer coding is not supported.", ""},
    {"PEKO-BAD-REQUEST", 417, "Nothing but 100-continue can be expected.", ""},
    {"PEKO-BODY", 413, "The request's body is too large.", "request_body_mb",
     "Send less, or raise request_body_mb in [limits] of peko.toml."},
    {"PEKO-CPU", 500, "The function used more CPU time than it may.", "cpu_ms",
     "Compute less for one request, or raise cpu_ms in [limits] of peko.toml."},
    {"PEKO-WALL", 504, "The function did not answer in time.", "wall_ms",
     "Look for what it waited for, or raise wall_ms in [limits] of peko.toml (0: no limit, for streams)."},
    {"PEKO-MEMORY", 500, "The function used more memory than it may.", "memory_mb",
     "Hold less in memory at once (stream bodies), or raise memory_mb in [limits] of peko.toml."},
    {"PEKO-STACK", 500, "The function exhausted its stack.", "stack_kb", "Look for a recursion that does not end."},
    {"PEKO-TRAP", 500, "The function failed.", "",
     "Look at the place where it failed, and at what it wrote just before."},
    {"PEKO-EXIT", 500, "The function exited instead of answering.", "", "Return a response instead of calling exit."},
    {"PEKO-NO-RESPONSE", 500, "The function returned without a response.", "",
     "Set a response on every path through the handler."},
    {"PEKO-EXCEPTION", 500, "The function threw an error.", "",
     "Catch the error where it can happen, or mend what it complains of."},
    {"PEKO-BAD-COMPONENT", 500, "The function could not be loaded.", "",
     "`peko check FILE` says what is wrong with a component, and how to mend it."},
    {"PEKO-BUILD", 500, "The function could not be built.", "", "Look at what the build said, mend it and save."},
    {"PEKO-OVERLOADED", 503, "All instances are busy; try again.", "",
     "Try again; the log says which setting bounds it."},
    {"PEKO-STORE", 503, "The function's code, or a file of it, is not at hand; try again.", "",
     "Try again; the log says what the code store answered."},
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
