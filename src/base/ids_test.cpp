#include "base/ids.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/fake_clock.hpp"

namespace peko {
namespace {

TEST(RequestId, TextIsTheUuidOfItsBits) {
  const RequestId id{.high = 0x0123456789ab7def, .low = 0x8edcba9876543210};
  EXPECT_EQ(to_text(id).view(), "01234567-89ab-7def-8edc-ba9876543210");
}

TEST(RequestIds, CarryTimeVersionAndVariant) {
  FakeClock clock;
  RequestIds ids(Random(1));
  const RequestId id = ids.next(clock.wall_now());
  const auto milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(clock.wall_now().time_since_epoch()).count();
  EXPECT_EQ(id.high >> 16U, static_cast<std::uint64_t>(milliseconds));
  EXPECT_EQ(to_text(id).view()[14], '7');
  EXPECT_EQ(id.low >> 62U, 2U);
}

TEST(RequestIds, GrowWithinOneInstantAndWhenTheClockJumpsBack) {
  FakeClock clock;
  RequestIds ids(Random(2));
  RequestId last = ids.next(clock.wall_now());
  for (int i = 0; i < 10'000; ++i) {
    if (i == 5000) clock.advance(-std::chrono::hours(1));
    if (i == 7000) clock.advance(std::chrono::hours(2));
    const RequestId id = ids.next(clock.wall_now());
    ASSERT_GT(id, last);
    ASSERT_GT(to_text(id).view(), to_text(last).view());
    last = id;
  }
}

TEST(RequestIds, OfTwoThreadsDifferInTheSameInstant) {
  FakeClock clock;
  RequestIds a(Random::from_entropy());
  RequestIds b(Random::from_entropy());
  EXPECT_NE(a.next(clock.wall_now()), b.next(clock.wall_now()));
}

TEST(RequestIds, SurviveATimeBefore1970) {
  RequestIds ids(Random(3));
  const RequestId id = ids.next(std::chrono::system_clock::time_point{} - std::chrono::hours(5));
  EXPECT_EQ(id.high >> 16U, 0U);
}

}  // namespace
}  // namespace peko
