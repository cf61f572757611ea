/// Metrics: what one loop counts about its requests, for the metrics page.
///
/// A warm request that is answered adds to four numbers of its function: requests of the status's class, a bucket of
/// the histogram and its sum, CPU time. Whatever is rarer costs only those requests that have it.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <string_view>

#include "base/metrics.hpp"
#include "edge/fault.hpp"
#include "edge/request_log.hpp"
#include "edge/router.hpp"
#include "pool/warm_pool.hpp"

namespace peko::edge {

/// Bounds of peko_request_seconds: from a warm request that computes nothing to the default of wall_ms.
inline constexpr std::array<std::chrono::nanoseconds, 14> kRequestBounds{std::chrono::microseconds(100),
                                                                         std::chrono::microseconds(250),
                                                                         std::chrono::microseconds(1000),
                                                                         std::chrono::microseconds(2500),
                                                                         std::chrono::microseconds(5000),
                                                                         std::chrono::microseconds(10'000),
                                                                         std::chrono::microseconds(25'000),
                                                                         std::chrono::microseconds(50'000),
                                                                         std::chrono::microseconds(100'000),
                                                                         std::chrono::microseconds(250'000),
                                                                         std::chrono::microseconds(500'000),
                                                                         std::chrono::seconds(1),
                                                                         std::chrono::seconds(5),
                                                                         std::chrono::seconds(15)};

/// Bounds of peko_cold_start_seconds and peko_queue_seconds: mapping an image takes some 50 us, a large component's
/// start some milliseconds.
inline constexpr std::array<std::chrono::nanoseconds, 10> kColdStartBounds{
    std::chrono::microseconds(50),     std::chrono::microseconds(100),
    std::chrono::microseconds(250),    std::chrono::microseconds(1000),
    std::chrono::microseconds(5000),   std::chrono::microseconds(10'000),
    std::chrono::microseconds(50'000), std::chrono::microseconds(250'000),
    std::chrono::seconds(1),           std::chrono::seconds(5)};

/// Labels of peko_requests_total: the hundreds of the status, "none" when nothing was sent.
inline constexpr std::array<std::string_view, 6> kStatusClasses{"none", "1xx", "2xx", "3xx", "4xx", "5xx"};

/// What a loop counts about one function. Written by the loop, read by any thread.
struct FunctionMetrics {
  std::array<Counter, kStatusClasses.size()> requests;
  Histogram<kRequestBounds> seconds;
  Counter cpu_ns;
  Counter subrequests;
  Counter assets;                                ///< requests that a static file answered
  Counter log_cuts;                              ///< requests whose output reached log_kb
  std::array<Counter, pool::kColdReasons> cold;  ///< by pool::ColdReason; None stays 0
  std::array<Counter, kFaultCount> faults;       ///< by Fault
  // A second old at most:
  Gauge warm;        ///< idle instances
  Gauge warm_bytes;  ///< what they hold
  Gauge waiting;     ///< requests that wait for an instance
  Gauge single_use;  ///< 1: its instances turned out to serve one call only
};

/// Lives on one loop, which writes it; any thread may read it, also while it grows. A function has numbers from the
/// first use of the other of() on: some 500 bytes, so that names that nobody asks for cost nothing.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  /// A function's numbers, which never move. The loop's thread only.
  [[nodiscard]] FunctionMetrics& of(Router::Target function);
  /// A function's numbers; all zero as long as it has none.
  [[nodiscard]] const FunctionMetrics& of(Router::Target function) const;
  /// The numbers of requests that reached no function.
  [[nodiscard]] FunctionMetrics& nobody() { return nobody_; }
  [[nodiscard]] const FunctionMetrics& nobody() const { return nobody_; }
  /// How long those requests waited that had to wait for their function, by phase.
  [[nodiscard]] const Histogram<kColdStartBounds>& fetch() const { return fetch_; }
  [[nodiscard]] const Histogram<kColdStartBounds>& load() const { return load_; }
  /// How long instances took to be made.
  [[nodiscard]] const Histogram<kColdStartBounds>& instantiate() const { return instantiate_; }
  /// How long those requests waited that had to wait for an instance.
  [[nodiscard]] const Histogram<kColdStartBounds>& queue() const { return queue_; }

  /// Counts a request that is over for `function`, which is one of these.
  void record(FunctionMetrics& function, const RequestRecord& request);

 private:
  // Chunk n holds the numbers of 2^n times kFirstChunk functions, so 32 of them hold any number that there can be, and
  // nothing moves when one is added. Both kinds of pointers are published once and stay.
  static constexpr std::size_t kFirstChunk = 64;
  using Place = std::atomic<FunctionMetrics*>;
  struct Where {
    std::size_t chunk;
    std::size_t index;
    std::size_t chunk_size;
  };
  static Where where(Router::Target function);

  std::array<std::atomic<Place*>, 32> chunks_{};
  FunctionMetrics nobody_;
  const FunctionMetrics none_;
  Histogram<kColdStartBounds> fetch_;
  Histogram<kColdStartBounds> load_;
  Histogram<kColdStartBounds> instantiate_;
  Histogram<kColdStartBounds> queue_;
};

}  // namespace peko::edge
