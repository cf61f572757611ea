#include "edge/server_timing.hpp"

#include <gtest/gtest.h>

namespace peko::edge {
namespace {

using namespace std::chrono_literals;

TEST(ServerTiming, NamesThePhasesThatHappened) {
  EXPECT_EQ(server_timing({.handler = 310us}), "handler;dur=0.310");
  EXPECT_EQ(server_timing({.instantiate = 52us, .handler = 2ms, .cold = pool::ColdReason::ScaleOut}),
            "instantiate;dur=0.052;desc=scale-out, handler;dur=2.000");
  EXPECT_EQ(server_timing({.queue = 12ms, .handler = 1us}), "queue;dur=12.000, handler;dur=0.001");
  EXPECT_EQ(server_timing({.fetch = 30ms, .load = 2ms, .handler = 1us}),
            "fetch;dur=30.000, load;dur=2.000, handler;dur=0.001");
}

TEST(ServerTiming, IsForEverybodyInDevAndForTheOperatorInProduction) {
  const http::Field asked[] = {{"peko-timing", "1"}, {"peko-admin-token", "0123456789abcdef"}};
  const http::Field guessed[] = {{"peko-timing", "1"}, {"peko-admin-token", "0123456789abcdeF"}};
  const http::Field unasked[] = {{"peko-admin-token", "0123456789abcdef"}};
  const http::Field no_token[] = {{"peko-timing", "1"}};
  const http::Field empty_token[] = {{"peko-timing", "1"}, {"peko-admin-token", ""}};
  const TimingPolicy production{.whom = TimingPolicy::For::Operator, .admin_token = "0123456789abcdef"};
  EXPECT_TRUE(wants_timing(asked, production));
  EXPECT_FALSE(wants_timing(guessed, production));
  EXPECT_FALSE(wants_timing(unasked, production));
  EXPECT_FALSE(wants_timing(no_token, production));
  const TimingPolicy nobody;
  EXPECT_FALSE(wants_timing(asked, nobody));
  EXPECT_FALSE(wants_timing(empty_token, nobody));
  EXPECT_TRUE(wants_timing({}, {.whom = TimingPolicy::For::Everybody, .admin_token = ""}));
}

}  // namespace
}  // namespace peko::edge
