/// MetricsText: writes metrics as Prometheus reads them (text exposition format 0.0.4).
///
/// Ours and not a library's because a scrape of a node with 1,000 functions has 20,000 lines and may take a few
/// milliseconds: prometheus-cpp's serializer takes ten times as long (docs/dependencies.md).
#pragma once

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "base/metrics.hpp"

namespace peko {

class MetricsText {
 public:
  static constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

  enum class Kind : std::uint8_t { Counter, Gauge, Histogram };
  struct Label {
    std::string_view name;
    std::string_view value;  ///< any bytes; escaped
  };
  using Labels = std::initializer_list<Label>;

  /// Appends to `out`, which outlives it.
  explicit MetricsText(std::string& out) : out_(out) {}

  /// Begins a metric; its samples follow, all of them before the next metric. `name` (which outlives them) and `help`
  /// are text of ours: [a-z_], one line without backslashes.
  void metric(std::string_view name, Kind kind, std::string_view help);
  /// One sample of a counter or gauge.
  template <std::unsigned_integral Value>
  void sample(Labels labels, Value value) {
    write_sample(labels, std::uint64_t{value});
  }
  void sample(Labels labels, double value);
  void sample(Labels labels, std::chrono::nanoseconds value) {
    sample(labels, std::chrono::duration<double>(value).count());
  }
  /// All series of one histogram.
  template <std::size_t kBounds>
  void histogram(Labels labels, const std::array<std::chrono::nanoseconds, kBounds>& bounds,
                 const HistogramTotals<kBounds>& totals) {
    write_histogram(labels, bounds, totals.buckets, totals.sum);
  }

 private:
  void write_sample(Labels labels, std::uint64_t value);
  void write_labels(Labels labels);
  void begin(std::string_view suffix, Labels labels);
  void write_histogram(Labels labels, std::span<const std::chrono::nanoseconds> bounds,
                       std::span<const std::uint64_t> buckets, std::chrono::nanoseconds sum);

  std::string& out_;
  std::string_view name_;
  std::string start_;  // scratch
};

}  // namespace peko
