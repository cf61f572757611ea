/// ServerTiming: where the time of a request went, as a Server-Timing field (W3C Server Timing).
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "http/message.hpp"
#include "pool/lease.hpp"

namespace peko::edge {

/// Who is told: everybody in `peko dev`, the operator in production, who sends `peko-timing: 1` and the admin token as
/// `peko-admin-token`.
struct TimingPolicy {
  enum class For : std::uint8_t { Operator, Everybody } whom = For::Operator;
  std::string_view admin_token;  ///< empty: nobody is the operator; outlives the edge
};

bool wants_timing(http::Fields request_fields, const TimingPolicy& policy);

/// The phases of one request until its response head; one that did not happen is zero and left out.
struct Phases {
  std::chrono::nanoseconds fetch{};        ///< waited for the function's code
  std::chrono::nanoseconds load{};         ///< waited while it was verified, compiled if need be, and linked
  std::chrono::nanoseconds queue{};        ///< waited for a free instance
  std::chrono::nanoseconds instantiate{};  ///< made a fresh one, start functions included
  std::chrono::nanoseconds handler{};      ///< from there to the head
  pool::ColdReason cold = pool::ColdReason::None;
};

/// "instantiate;dur=0.052;desc=first, handler;dur=0.310", milliseconds.
std::string server_timing(const Phases& phases);

}  // namespace peko::edge
