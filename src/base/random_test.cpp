#include "base/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

namespace peko {
namespace {

TEST(Random, RepeatsItselfForEqualSeeds) {
  Random a(7);
  Random b(7);
  Random c(8);
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    const auto value = a();
    EXPECT_EQ(value, b());
    differs |= value != c();
  }
  EXPECT_TRUE(differs);
}

TEST(Random, DiffersWithEntropy) {
  std::set<std::uint64_t> firsts;
  for (int i = 0; i < 64; ++i) firsts.insert(Random::from_entropy()());
  EXPECT_EQ(firsts.size(), 64U);
}

TEST(Random, StaysBelowItsBoundAndReachesEveryValue) {
  Random random(1);
  std::vector<int> seen(6);
  for (int i = 0; i < 6000; ++i) {
    const auto value = random.below(6);
    ASSERT_LT(value, 6U);
    ++seen[value];
  }
  for (const int count : seen) EXPECT_NEAR(count, 1000, 200);
}

TEST(Random, UnitIsInTheHalfOpenInterval) {
  Random random(2);
  double sum = 0;
  for (int i = 0; i < 10'000; ++i) {
    const double value = random.unit();
    ASSERT_GE(value, 0.0);
    ASSERT_LT(value, 1.0);
    sum += value;
  }
  EXPECT_NEAR(sum / 10'000, 0.5, 0.02);
}

TEST(FillSecure, FillsEveryByteOfALargeBuffer) {
  std::vector<std::byte> bytes(100'000);
  fill_secure(bytes);
  // A run of 16 zeros has a chance of 2^-128 per position in random bytes.
  EXPECT_EQ(std::search_n(bytes.begin(), bytes.end(), 16, std::byte{0}), bytes.end());
}

}  // namespace
}  // namespace peko
