#include "base/error.hpp"

#include <gtest/gtest.h>

#include "base/assert.hpp"
#include "base/result.hpp"

namespace peko {
namespace {

Result<int> half_of(int value) {
  if (value % 2 != 0) return fail(Code::Invalid, "not an even number");
  return value / 2;
}

Status quarter_of(int value) {
  const auto half = half_of(value);
  if (!half) return fail(half.error(), "halving");
  const auto quarter = half_of(*half);
  if (!quarter) return fail(quarter.error());
  return {};
}

TEST(Result, HoldsAValueOrAnError) {
  EXPECT_EQ(half_of(4).value(), 2);
  EXPECT_EQ(half_of(3).error().code, Code::Invalid);
}

TEST(Result, GainsContextOnTheWayUp) {
  EXPECT_EQ(quarter_of(1).error().message, "halving: not an even number");
  EXPECT_EQ(quarter_of(2).error().message, "not an even number");
  EXPECT_TRUE(quarter_of(4));
}

TEST(Code, EachHasANameOfItsOwn) {
  EXPECT_EQ(to_string(Code::Invalid), "invalid");
  EXPECT_EQ(to_string(Code::GuestFault), "guest fault");
  EXPECT_EQ(to_string(Code::Internal), "internal");
}

TEST(AssertDeathTest, SaysWhatWasExpectedAndWhy) {
  const int answer = 41;
  EXPECT_DEATH(PEKO_ASSERT(answer == 42, "the question was known"), "answer == 42: the question was known");
}

}  // namespace
}  // namespace peko
