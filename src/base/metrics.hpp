/// Numbers that one thread writes and any thread reads: what the metrics page shows.
///
/// A loop counts without a lock and without an atomic read-modify-write: nobody else writes, so a plain load, an add
/// and a plain store do, and whoever reads sees some recent value. Numbers that belong together may be read torn: a sum
/// may lack the request that a count has.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace peko {

/// Only grows.
class Counter {
 public:
  /// The writer's thread only.
  void add(std::uint64_t by = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

/// Goes up and down.
class Gauge {
 public:
  /// The writer's thread only.
  void set(std::uint64_t value) { value_.store(value, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

/// What several histograms of the same bounds hold together.
template <std::size_t kBounds>
struct HistogramTotals {
  std::array<std::uint64_t, kBounds + 1> buckets{};  ///< each without those below it; the last one is beyond all bounds
  std::chrono::nanoseconds sum{};

  [[nodiscard]] std::uint64_t count() const {
    std::uint64_t all = 0;
    for (const std::uint64_t bucket : buckets) all += bucket;
    return all;
  }
};

/// Times, counted in buckets of fixed bounds. `kBounds`: an ascending std::array of nanoseconds. The bucket is found
/// from the lowest up, because what happens often should be short.
template <const auto& kBounds>
class Histogram {
 public:
  using Totals = HistogramTotals<kBounds.size()>;

  /// The writer's thread only.
  void observe(std::chrono::nanoseconds time) {
    std::size_t bucket = 0;
    while (bucket < kBounds.size() && time > kBounds[bucket]) ++bucket;
    buckets_[bucket].add();
    sum_ns_.add(time.count() > 0 ? static_cast<std::uint64_t>(time.count()) : 0);
  }
  void add_to(Totals& totals) const {
    for (std::size_t i = 0; i < buckets_.size(); ++i) totals.buckets[i] += buckets_[i].value();
    totals.sum += std::chrono::nanoseconds(sum_ns_.value());
  }

 private:
  std::array<Counter, kBounds.size() + 1> buckets_;
  Counter sum_ns_;
};

}  // namespace peko
