#include "net/deadline.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <vector>

namespace peko::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class TestDeadline final : public Deadline {
 public:
  int fired = 0;
  std::function<void()> then;

 private:
  void expired() override {
    ++fired;
    if (then) then();
  }
};

// Not a multiple of the tick, so that rounding shows.
const TimePoint kStart = TimePoint(seconds(1000)) + milliseconds(2);

// Steps the wheel by hand, as a loop that is never busy would.
void step_to(DeadlineWheel& wheel, TimePoint from, TimePoint to) {
  for (TimePoint now = from; now <= to; now += milliseconds(1)) wheel.advance(now);
}

TEST(DeadlineWheel, FiresNeverEarlyAndAtMostTwoTicksLate) {
  for (const int after : {0, 1, 4, 5, 6, 7, 100, 999, 5'000, 5'110, 5'120, 5'125, 10'000, 75'000}) {
    DeadlineWheel wheel(kStart);
    TestDeadline deadline;
    const TimePoint at = kStart + milliseconds(after);
    deadline.arm(wheel, at);
    if (after > 0) step_to(wheel, kStart, at - milliseconds(1));
    EXPECT_EQ(deadline.fired, 0) << after;
    EXPECT_TRUE(deadline.armed()) << after;
    step_to(wheel, at, at + 2 * DeadlineWheel::kTick);
    EXPECT_EQ(deadline.fired, 1) << after;
    EXPECT_FALSE(deadline.armed()) << after;
  }
}

TEST(DeadlineWheel, FiresOnceADeadlineThatLiesInThePast) {
  DeadlineWheel wheel(kStart);
  TestDeadline deadline;
  deadline.arm(wheel, kStart - seconds(10));
  step_to(wheel, kStart, kStart + milliseconds(50));
  EXPECT_EQ(deadline.fired, 1);
}

TEST(DeadlineWheel, MovesADeadlineLater) {
  DeadlineWheel wheel(kStart);
  TestDeadline deadline;
  deadline.arm(wheel, kStart + milliseconds(20));
  deadline.arm(wheel, kStart + milliseconds(500));
  step_to(wheel, kStart, kStart + milliseconds(499));
  EXPECT_EQ(deadline.fired, 0);
  step_to(wheel, kStart + milliseconds(500), kStart + milliseconds(510));
  EXPECT_EQ(deadline.fired, 1);
}

TEST(DeadlineWheel, MovesADeadlineEarlier) {
  DeadlineWheel wheel(kStart);
  TestDeadline deadline;
  deadline.arm(wheel, kStart + seconds(75));
  deadline.arm(wheel, kStart + milliseconds(30));
  step_to(wheel, kStart, kStart + milliseconds(40));
  EXPECT_EQ(deadline.fired, 1);
}

TEST(DeadlineWheel, DoesNotFireWhatWasDisarmed) {
  DeadlineWheel wheel(kStart);
  TestDeadline deadline;
  deadline.arm(wheel, kStart + milliseconds(30));
  deadline.disarm();
  step_to(wheel, kStart, kStart + milliseconds(100));
  EXPECT_EQ(deadline.fired, 0);
  deadline.arm(wheel, kStart + milliseconds(130));
  step_to(wheel, kStart + milliseconds(100), kStart + milliseconds(140));
  EXPECT_EQ(deadline.fired, 1);
}

TEST(DeadlineWheel, FiresAllAfterALongSleep) {
  DeadlineWheel wheel(kStart);
  std::vector<TestDeadline> deadlines(200);
  for (std::size_t i = 0; i < deadlines.size(); ++i) {
    deadlines[i].arm(wheel, kStart + milliseconds(static_cast<int>(i) * 97));
  }
  wheel.advance(kStart + std::chrono::hours(1));
  for (const TestDeadline& deadline : deadlines) EXPECT_EQ(deadline.fired, 1);
}

TEST(DeadlineWheel, LetsADeadlineArmItselfAgain) {
  DeadlineWheel wheel(kStart);
  TestDeadline deadline;
  TimePoint next = kStart;
  deadline.then = [&] { deadline.arm(wheel, next += milliseconds(100)); };
  deadline.arm(wheel, next += milliseconds(100));
  step_to(wheel, kStart, kStart + milliseconds(1'050));
  EXPECT_EQ(deadline.fired, 10);
}

TEST(DeadlineWheel, LetsADeadlineThatIsAlwaysDueEndEachAdvance) {
  DeadlineWheel wheel(kStart);
  TestDeadline deadline;
  deadline.then = [&] { deadline.arm(wheel, kStart); };
  deadline.arm(wheel, kStart);
  wheel.advance(kStart + seconds(3));
  EXPECT_GT(deadline.fired, 0);
}

TEST(DeadlineWheel, SurvivesTheDestructionOfNeighboursFromWithinExpired) {
  DeadlineWheel wheel(kStart);
  std::vector<std::unique_ptr<TestDeadline>> deadlines;
  int fired = 0;
  for (int i = 0; i < 10; ++i) {
    deadlines.push_back(std::make_unique<TestDeadline>());
    deadlines.back()->arm(wheel, kStart + milliseconds(10));
    deadlines.back()->then = [&] {
      ++fired;
      TestDeadline* const self = deadlines.back().get();
      std::erase_if(deadlines, [&](const auto& other) { return other.get() != self && other->fired == 0; });
    };
  }
  step_to(wheel, kStart, kStart + milliseconds(50));
  EXPECT_GE(fired, 1);
  EXPECT_LE(fired, 2);
}

TEST(DeadlineWheel, SaysHowLongTheLoopMaySleep) {
  DeadlineWheel wheel(kStart);
  EXPECT_EQ(wheel.next_wait(kStart, seconds(60)), seconds(60));
  for (const int after : {0, 3, 50, 639, 640, 2'000, 5'000}) {
    TestDeadline deadline;
    deadline.arm(wheel, kStart + milliseconds(after));
    const Duration wait = wheel.next_wait(kStart, seconds(60));
    EXPECT_GE(wait, milliseconds(after)) << after;
    EXPECT_LE(wait, milliseconds(after) + DeadlineWheel::kTick) << after;
    EXPECT_EQ(wheel.next_wait(kStart, milliseconds(1)), std::min<Duration>(wait, milliseconds(1)));
  }
  TestDeadline far;
  far.arm(wheel, kStart + seconds(75));
  EXPECT_GT(wheel.next_wait(kStart, seconds(60)), seconds(5));
  wheel.advance(kStart + seconds(4));
  EXPECT_LT(wheel.next_wait(kStart + seconds(4), seconds(60)), seconds(2));
}

TEST(DeadlineWheel, LooksAtTheNearestSlotAcrossTheTurnOfTheWheel) {
  // The current slot at every position of a word of the occupancy bits.
  for (int offset = 0; offset < 64; ++offset) {
    const TimePoint now = kStart + offset * DeadlineWheel::kTick;
    DeadlineWheel wheel(now);
    TestDeadline last;
    last.arm(wheel, now + milliseconds(5'100));
    EXPECT_GE(wheel.next_wait(now, seconds(60)), milliseconds(5'095)) << offset;
    TestDeadline first;
    first.arm(wheel, now + milliseconds(1));
    EXPECT_LE(wheel.next_wait(now, seconds(60)), milliseconds(6)) << offset;
  }
}

TEST(Deadline, LeavesTheWheelWhenItIsDestroyed) {
  DeadlineWheel wheel(kStart);
  {
    TestDeadline deadline;
    deadline.arm(wheel, kStart + milliseconds(10));
  }
  EXPECT_EQ(wheel.next_wait(kStart, seconds(60)), seconds(60));
  step_to(wheel, kStart, kStart + milliseconds(20));
}

TEST(Deadline, MayOutliveTheWheel) {
  TestDeadline deadline;
  {
    DeadlineWheel wheel(kStart);
    deadline.arm(wheel, kStart + milliseconds(10));
  }
  EXPECT_FALSE(deadline.armed());
}

}  // namespace
}  // namespace peko::net
