#include "base/fake_clock.hpp"

#include <gtest/gtest.h>

namespace peko {
namespace {

using std::chrono::milliseconds;

TEST(FakeClock, StandsStillUntilItIsAdvanced) {
  FakeClock clock;
  const auto steady = clock.now();
  const auto wall = clock.wall_now();
  EXPECT_EQ(clock.now(), steady);
  clock.advance(milliseconds(250));
  EXPECT_EQ(clock.now() - steady, milliseconds(250));
  EXPECT_EQ(clock.wall_now() - wall, milliseconds(250));
}

TEST(SystemClock, NeverGoesBack) {
  const SystemClock clock;
  auto last = clock.now();
  for (int i = 0; i < 1000; ++i) {
    const auto now = clock.now();
    ASSERT_GE(now, last);
    last = now;
  }
}

}  // namespace
}  // namespace peko
