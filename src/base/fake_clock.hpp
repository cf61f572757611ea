/// FakeClock: a clock that moves only when a test says so.
#pragma once

#include <atomic>

#include "base/clock.hpp"

namespace peko {

/// Any thread may read and move it.
class FakeClock final : public Clock {
 public:
  /// Starts one hour after the steady epoch and at `wall` in the calendar (2026-01-01T00:00:00Z unless told).
  explicit FakeClock(std::chrono::system_clock::time_point wall = std::chrono::sys_days{std::chrono::year{2026} / 1 /
                                                                                        1})
      : wall_start_(wall) {}

  [[nodiscard]] std::chrono::steady_clock::time_point now() const override {
    return std::chrono::steady_clock::time_point{std::chrono::hours{1} + passed()};
  }
  [[nodiscard]] std::chrono::system_clock::time_point wall_now() const override { return wall_start_ + passed(); }

  /// Both clocks move forward.
  void advance(std::chrono::nanoseconds by) { passed_.fetch_add(by.count()); }

 private:
  [[nodiscard]] std::chrono::nanoseconds passed() const { return std::chrono::nanoseconds{passed_.load()}; }

  const std::chrono::system_clock::time_point wall_start_;
  std::atomic<std::chrono::nanoseconds::rep> passed_{0};
};

}  // namespace peko
