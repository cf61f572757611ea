/// Clock: time as an input, so that tests can step it by hand (fake_clock.hpp).
#pragma once

#include <chrono>

namespace peko {

/// Any thread may read it.
class Clock {
 public:
  /// Never goes back; for durations and deadlines.
  [[nodiscard]] virtual std::chrono::steady_clock::time_point now() const = 0;
  /// The calendar; may jump. For log lines, ids and dates that leave the process.
  [[nodiscard]] virtual std::chrono::system_clock::time_point wall_now() const = 0;

 protected:
  ~Clock() = default;
};

/// The machine's clocks.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] std::chrono::steady_clock::time_point now() const override;
  [[nodiscard]] std::chrono::system_clock::time_point wall_now() const override;
};

}  // namespace peko
