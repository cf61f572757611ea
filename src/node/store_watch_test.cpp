#include "node/store_watch.hpp"

#include <gtest/gtest.h>

namespace peko::node {
namespace {

using namespace std::chrono_literals;

const StoreWatch::Time kStart{1h};
const Status kDown = fail(Code::Unavailable, "no route to host");

TEST(StoreWatch, LooksEachIntervalWhileLooksAreShort) {
  StoreWatch watch("s3://b", 1s);
  EXPECT_FALSE(watch.looked({}, kStart, kStart + 20ms).has_value()) << "a store that is up is not worth a line";
  EXPECT_EQ(watch.next(), kStart + 1s);
}

TEST(StoreWatch, RestsTenTimesAsLongAsLooksTake) {
  StoreWatch watch("s3://b", 1s);
  (void)watch.looked({}, kStart, kStart + 600ms);
  (void)watch.looked({}, kStart + 1s, kStart + 1500ms);
  EXPECT_EQ(watch.next(), kStart + 6500ms);
}

TEST(StoreWatch, DoesNotRestLongAfterOneLookThatWasSlow) {
  StoreWatch watch("s3://b", 1s);
  (void)watch.looked({}, kStart, kStart + 20ms);
  (void)watch.looked({}, kStart + 1s, kStart + 13s);
  EXPECT_EQ(watch.next(), kStart + 13s + 200ms);
  (void)watch.looked({}, kStart + 14s, kStart + 14s + 30ms);
  EXPECT_EQ(watch.next(), kStart + 15s);
}

TEST(StoreWatch, DoesNotRestAfterALookThatFailed) {
  StoreWatch watch("s3://b", 1s);
  (void)watch.looked(kDown, kStart, kStart + 30s);
  EXPECT_EQ(watch.next(), kStart + 31s);
}

TEST(StoreWatch, TellsEachChangeOnce) {
  StoreWatch watch("s3://b", 1s);
  const auto down = watch.looked(kDown, kStart, kStart + 1s);
  ASSERT_TRUE(down.has_value());
  EXPECT_EQ(down->level, LogLevel::Error);
  EXPECT_NE(down->text.find("s3://b is down: no route to host"), std::string::npos) << down->text;
  EXPECT_FALSE(watch.up());
  EXPECT_FALSE(watch.looked(kDown, kStart + 2s, kStart + 3s).has_value());
  const auto up = watch.looked({}, kStart + 60s, kStart + 61s);
  ASSERT_TRUE(up.has_value());
  EXPECT_NE(up->text.find("up again, after 61 s"), std::string::npos) << up->text;
  EXPECT_TRUE(watch.up());
  EXPECT_FALSE(watch.looked({}, kStart + 62s, kStart + 62s).has_value());
}

}  // namespace
}  // namespace peko::node
