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

TEST(FillSecure, FillsEveryByteOfALargeBuffer) {
  std::vector<std::byte> bytes(100'000);
  fill_secure(bytes);
  // A run of 16 zeros has a chance of 2^-128 per position in random bytes.
  EXPECT_EQ(std::search_n(bytes.begin(), bytes.end(), 16, std::byte{0}), bytes.end());
}

}  // namespace
}  // namespace peko
