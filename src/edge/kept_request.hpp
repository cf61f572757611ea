/// KeptRequest: a request that is over, in a place of fixed size.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "edge/request_log.hpp"

namespace peko::edge {

/// Four cache lines, so that keeping a request allocates nothing and touches little. Long texts are cut.
struct KeptRequest {
  /// Method, target and detail share this many bytes.
  static constexpr std::size_t kTextBytes = 116;
  static constexpr std::size_t kMethodBytesMax = 16;
  static constexpr std::size_t kTargetBytesMax = 88;  ///< "..." at the end of a longer one included
  static constexpr std::uint8_t kNoFault = 0xff;

  enum Flag : std::uint8_t { Aborted = 1, ClientGone = 2, Retried = 4, LogCut = 8, Several = 16, Asset = 32 };

  RequestIdText id;
  std::uint32_t version;
  const std::string* function;  ///< null: none; of the FunctionTable, where names stay
  std::chrono::system_clock::time_point ended;
  std::chrono::nanoseconds fetch;
  std::chrono::nanoseconds load;
  std::chrono::nanoseconds queue;
  std::chrono::nanoseconds instantiate;
  std::chrono::nanoseconds wall;
  std::chrono::nanoseconds cpu;
  std::uint64_t memory_peak_bytes;
  std::uint64_t bytes_in;
  std::uint64_t bytes_out;
  std::uint32_t subrequests;
  std::uint16_t status;
  std::uint8_t fault;  ///< index_of it, or kNoFault
  pool::ColdReason cold;
  std::uint8_t flags;
  std::uint8_t method_size;
  std::uint8_t target_size;
  std::uint8_t detail_size;
  char text[kTextBytes];

  /// Sets all of it. `name` as `function`.
  void set(const RequestRecord& record, const std::string* name, std::chrono::system_clock::time_point now);
  /// The record again, without the peer; its views are into this one and into `function`.
  [[nodiscard]] RequestRecord record() const;
  [[nodiscard]] std::string_view method() const { return {text, method_size}; }
  [[nodiscard]] std::string_view target() const { return {text + method_size, target_size}; }
  [[nodiscard]] std::string_view detail() const { return {text + method_size + target_size, detail_size}; }
};
static_assert(sizeof(KeptRequest) == 256);

/// Whether a request failed by the fault of a function or of Peko, not of its client: it is kept for longer.
bool is_failure(const RequestRecord& record);

}  // namespace peko::edge
