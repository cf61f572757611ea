/// What is asked, and when: both drawn from generators with fixed seeds, so that all servers meet the same requests at
/// the same times.
#pragma once

#include <chrono>
#include <cstddef>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "load/plan.hpp"

namespace peko::bench {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;

/// The heads of the requests, made once. The plan outlives it.
class Requests {
 public:
  enum class Last : bool { No, Yes };  ///< the last one on its connection says `connection: close`

  explicit Requests(const Plan& plan);

  /// The next one. The view lives as long as this.
  std::string_view head(Last last);

 private:
  std::vector<std::string> heads_, last_heads_;
  std::vector<double> shares_;  // cumulative, by rank; empty with one host
  std::mt19937_64 random_{20'240'229};
};

/// Times of a Poisson process: independent users, not a metronome.
class Arrivals {
 public:
  Arrivals(double per_second, TimePoint begin) : gap_(per_second), next_(begin) {}

  [[nodiscard]] TimePoint next() const { return next_; }
  void advance() { next_ += std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(gap_(random_))); }

 private:
  std::mt19937_64 random_{20'241'231};
  std::exponential_distribution<double> gap_;
  TimePoint next_;
};

}  // namespace peko::bench
