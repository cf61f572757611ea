/// The request log: one line for each request, for people or for machines.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/log.hpp"
#include "edge/fault.hpp"
#include "engine/guest_log.hpp"
#include "engine/outcome.hpp"
#include "pool/warm_pool.hpp"

namespace peko::edge {

/// What is known of a request when it is over.
struct RequestRecord {
  std::string_view request_id;
  std::string_view function;                                                     ///< empty: none was found
  std::uint32_t version = 0;                                                     ///< 0: not a deployed one
  enum class Versions : std::uint8_t { One, Several } versions = Versions::One;  ///< that the client could have got
  std::string_view method;
  std::string_view target;
  std::string_view peer;
  unsigned status = 0;  ///< 0: nothing was sent
  const FaultInfo* fault = nullptr;
  std::string_view detail;  ///< of the fault: "used 1001 ms of 1000 ms"; may have more lines (a backtrace)
  bool aborted = false;     ///< the client saw a broken response
  bool client_gone = false;
  pool::ColdReason cold = pool::ColdReason::None;
  bool retried = false;              ///< failed on a used instance, then ran on a fresh one
  std::chrono::nanoseconds fetch{};  ///< waited for the function's code
  std::chrono::nanoseconds load{};   ///< waited while it was loaded
  std::chrono::nanoseconds queue{};  ///< waited for an instance
  std::chrono::nanoseconds wall{};
  std::chrono::nanoseconds cpu{};
  std::chrono::nanoseconds instantiate{};  ///< of a cold start
  std::uint64_t memory_peak_bytes = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::uint32_t subrequests = 0;
  bool log_cut = false;  ///< the guest's output reached log_kb
  bool asset = false;    ///< a static file answered, or the way to one; no guest ran
};

/// The fixed looks of a log.
struct LogStyle {
  enum class Form : std::uint8_t { Text, Json, Off } form = Form::Text;
  bool colour = false;
};

/// Appends the line of a request, with its line end. Nothing for Form::Off, unless there was a fault.
void append_request(std::string& out, const RequestRecord& record, LogStyle style,
                    std::chrono::system_clock::time_point now);

/// Appends bytes that a client or a guest chose, safe for a terminal: control characters as \x1b, those of two bytes
/// as \xc2\x9b.
void append_safe(std::string& out, std::string_view text);

/// Appends a line that a guest printed, with its line end.
void append_guest_line(std::string& out, const engine::GuestLine& line, std::string_view function,
                       std::string_view request_id, LogStyle style, std::chrono::system_clock::time_point now);

}  // namespace peko::edge
