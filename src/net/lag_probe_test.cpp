#include "net/lag_probe.hpp"

#include <gtest/gtest.h>

namespace peko::net {
namespace {

using namespace std::chrono_literals;

Histogram<kLagBounds>::Totals totals_of(const LoopLag& lag) {
  Histogram<kLagBounds>::Totals totals;
  lag.late.add_to(totals);
  return totals;
}

// Turns until the probe has measured `count` times.
void run_until(Loop& loop, const LoopLag& lag, std::uint64_t count) {
  while (totals_of(lag).count() < count) {
    loop.stop();
    loop.run();
  }
}

void spin(std::chrono::milliseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) {
  }
}

TEST(LagProbe, TellsHowLongABusyLoopMadeOthersWait) {
  const auto loop = Loop::create().value();
  LoopLag lag;
  const LagProbe probe(*loop, lag);
  loop->post([] { spin(2 * LagProbe::kInterval); });
  run_until(*loop, lag, 1);
  // What is due after one interval came after two.
  EXPECT_GE(totals_of(lag).sum, LagProbe::kInterval - DeadlineWheel::kTick);
  EXPECT_EQ(totals_of(lag).buckets[0], 0U);
  EXPECT_GE(std::chrono::nanoseconds(lag.longest_turn_ns.value()), 2 * LagProbe::kInterval);
}

TEST(LagProbe, GoesOnMeasuringAndRemembersTheLongestTurn) {
  const auto loop = Loop::create().value();
  LoopLag lag;
  const LagProbe probe(*loop, lag);
  loop->post([] { spin(30ms); });
  run_until(*loop, lag, 3);
  EXPECT_GE(std::chrono::nanoseconds(lag.longest_turn_ns.value()), 30ms);
}

class StopsTheLoop final : public Deadline {
 public:
  explicit StopsTheLoop(Loop& loop) : loop_(loop) { arm(loop.deadlines(), loop.now() + 200ms); }

 private:
  void expired() override { loop_.stop(); }
  Loop& loop_;
};

TEST(LongestTurn, LeavesOutTheTimeThatTheLoopSleeps) {
  const auto loop = Loop::create().value();
  const StopsTheLoop deadline(*loop);
  const auto begin = std::chrono::steady_clock::now();
  loop->run();
  EXPECT_LT(loop->take_longest_turn(), (std::chrono::steady_clock::now() - begin) / 2);
}

}  // namespace
}  // namespace peko::net
