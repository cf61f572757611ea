#include "node/alert_policy.hpp"

#include <gtest/gtest.h>

#include "base/fake_clock.hpp"

namespace peko::node {
namespace {

using namespace std::chrono_literals;
using State = AlertPolicy::Notice::State;

// A number that is looked at once a second.
struct Watched {
  FakeClock clock;
  AlertPolicy policy;
  std::uint64_t total = 0;

  std::optional<AlertPolicy::Notice> look() {
    clock.advance(1s);
    return policy.observe(total, clock.now(), clock.wall_now());
  }
  // Looks for so long; the notices.
  std::vector<AlertPolicy::Notice> pass(std::chrono::seconds time, std::uint64_t growth_per_second = 0) {
    std::vector<AlertPolicy::Notice> notices;
    for (; time > 0s; time -= 1s) {
      total += growth_per_second;
      if (const auto notice = look()) notices.push_back(*notice);
    }
    return notices;
  }
};

TEST(AlertPolicy, SaysNothingWhileNothingGrows) {
  Watched watched;
  EXPECT_TRUE(watched.pass(1h).empty());
}

TEST(AlertPolicy, TellsOfAnIncidentAtOnceAndOfItsEnd) {
  Watched watched;
  watched.total = 3;
  const auto firing = watched.look();
  ASSERT_TRUE(firing.has_value());
  EXPECT_EQ(firing->state, State::Firing);
  EXPECT_EQ(firing->count, 3U);
  EXPECT_EQ(firing->since, watched.clock.wall_now());
  EXPECT_TRUE(watched.pass(59s).empty());
  const auto resolved = watched.look();
  ASSERT_TRUE(resolved.has_value());
  EXPECT_EQ(resolved->state, State::Resolved);
  EXPECT_EQ(resolved->count, 3U);
  EXPECT_EQ(resolved->since, firing->since);
  EXPECT_TRUE(watched.pass(1h).empty()) << "its end is told once";
}

TEST(AlertPolicy, RepeatsALastingIncidentEachFiveMinutes) {
  Watched watched;
  const auto notices = watched.pass(11min, 10);
  ASSERT_EQ(notices.size(), 3U);
  for (const auto& notice : notices) EXPECT_EQ(notice.state, State::Firing);
  EXPECT_EQ(notices[0].count, 10U);
  EXPECT_EQ(notices[1].count, 10U * 301);
  EXPECT_EQ(notices[2].count, 10U * 601);
  EXPECT_EQ(notices[2].since, notices[0].since);
}

TEST(AlertPolicy, NeverTellsOfTwoIncidentsWithinFiveMinutesAndForgetsNone) {
  Watched watched;
  watched.total = 1;
  EXPECT_EQ(watched.look()->state, State::Firing);
  EXPECT_EQ(watched.pass(2min).size(), 1U) << "resolved";
  watched.total += 5;
  EXPECT_TRUE(watched.pass(2min).empty()) << "too soon after the first";
  const auto later = watched.pass(2min);
  ASSERT_EQ(later.size(), 2U);
  EXPECT_EQ(later[0].state, State::Firing);
  EXPECT_EQ(later[0].count, 5U);
  EXPECT_EQ(later[1].state, State::Resolved);
}

TEST(AlertPolicy, SendsAtMostOneMessageOfAKindInFiveMinutesHoweverItFlaps) {
  Watched watched;
  std::size_t firing = 0;
  for (int i = 0; i < 60; ++i) {  // two hours of trouble each other minute
    for (const auto& notice : watched.pass(1min, 1)) firing += notice.state == State::Firing ? 1 : 0;
    for (const auto& notice : watched.pass(1min)) firing += notice.state == State::Firing ? 1 : 0;
  }
  EXPECT_LE(firing, 120U / 5 + 1);
  EXPECT_GE(firing, 120U / 5 - 1);
}

}  // namespace
}  // namespace peko::node
