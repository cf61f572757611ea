/// What one request of a function may use: the table of docs/functions.md.
#pragma once

#include <chrono>
#include <cstdint>

namespace peko::engine {

struct Limits {
  std::chrono::milliseconds cpu{1000};              ///< CPU time, start of the instance included; PEKO-CPU
  std::chrono::milliseconds wall{15'000};           ///< from request head to response end, 0: none; PEKO-WALL
  std::uint64_t memory_bytes = 128ULL << 20;        ///< memories and tables of the instance; PEKO-MEMORY
  std::uint64_t request_body_bytes = 100ULL << 20;  ///< PEKO-BODY
  std::uint32_t request_header_bytes = 128U << 10;  ///< PEKO-HEADERS
  std::uint32_t uri_bytes = 8192;                   ///< PEKO-URI
  std::uint32_t log_bytes = 256U << 10;             ///< stdout and stderr of one request; the rest is cut
  std::uint64_t keyvalue_bytes = 1ULL << 30;        ///< of each of its key-value stores; PEKO-KEYVALUE
  std::uint32_t subrequests = 50;                   ///< PEKO-SUBREQUESTS
  std::uint32_t subrequests_at_once = 256;          ///< of all its instances in this node; the guest sees an error
};

/// What one request may get of wasi:random, beside what one call may (the bridge's): far more than any use of it, and
/// what one second of CPU makes at most.
inline constexpr std::uint64_t kRandomBytesMax = 64ULL << 20;
/// What one request may do with key-value stores: as many operations as Workers allow. Each waits for the disk or for a
/// thread of the store's, which its CPU time does not count.
inline constexpr std::uint32_t kKeyValueOperationsMax = 1000;
/// Guests see time in steps of this, unless the operator says otherwise. Telling a cache hit from a miss takes a clock
/// of some 100 ns, so 100 us (what browsers show to code that they do not trust) leaves nothing to measure without
/// thousands of repetitions; what people measure in functions is milliseconds.
inline constexpr std::chrono::microseconds kClockResolution{100};
/// The wasm stack is a setting of the whole engine: PEKO-STACK.
inline constexpr std::uint32_t kStackBytes = 512U << 10;
/// What one linear memory can be allowed at most: the operator's cap of memory_mb.
inline constexpr std::uint64_t kMemoryBytesMax = 4ULL << 30;

}  // namespace peko::engine
