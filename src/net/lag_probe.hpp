/// LagProbe: how long what is due on a loop has to wait.
#pragma once

#include <array>
#include <chrono>

#include "base/metrics.hpp"
#include "net/loop.hpp"

namespace peko::net {

/// Bounds of peko_loop_lag_seconds. A loop that does not lag is in the first bucket: epoll wakes at whole milliseconds.
/// Guests yield after 1 ms and connections share a turn, so some 10 ms are a busy loop; 100 ms are felt by people.
inline constexpr std::array<std::chrono::nanoseconds, 9> kLagBounds{
    std::chrono::milliseconds(2),   std::chrono::milliseconds(5),    std::chrono::milliseconds(10),
    std::chrono::milliseconds(25),  std::chrono::milliseconds(50),   std::chrono::milliseconds(100),
    std::chrono::milliseconds(250), std::chrono::milliseconds(1000), std::chrono::milliseconds(5000)};

/// What one loop knows of its lag. Any thread may read it.
struct LoopLag {
  Histogram<kLagBounds> late;  ///< of a deadline that is due ten times a second: whatever the cause, also a machine
                               ///< that has no core for the loop
  Gauge longest_turn_ns;       ///< the longest time without a look at the sockets in the last window or two
};

/// Measures from its making on, as long as it and the loop live. Costs requests nothing.
class LagProbe final : public Deadline {
 public:
  static constexpr std::chrono::milliseconds kInterval{100};
  /// As often as Prometheus usually asks, so that two windows hold whatever happened since it last did.
  static constexpr std::chrono::seconds kWindow{15};

  /// Both outlive it.
  LagProbe(Loop& loop, LoopLag& lag);

 private:
  void expired() override;
  void arm_next();

  Loop& loop_;
  LoopLag& lag_;
  TimePoint due_;
  TimePoint window_ends_;
  Duration longest_{};         // of this window
  Duration longest_before_{};  // of the one before
};

}  // namespace peko::net
