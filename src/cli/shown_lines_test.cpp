#include "cli/shown_lines.hpp"

#include <gtest/gtest.h>

namespace peko::cli {
namespace {

TEST(ShownLines, CoversWhatWasShownAndWhatIsOlder) {
  ShownLines lines(3);
  EXPECT_TRUE(lines.empty());
  EXPECT_FALSE(lines.covers("10:00", 1));
  lines.add("10:00", 1);
  EXPECT_FALSE(lines.empty());
  EXPECT_TRUE(lines.covers("10:00", 1));
  EXPECT_FALSE(lines.covers("10:00", 2)) << "another one of the same moment";
  EXPECT_TRUE(lines.covers("09:59", 3)) << "it was not asked for";
}

TEST(ShownLines, TakesALineThatComesAfterYoungerOnes) {
  ShownLines lines(3);
  lines.add("10:00", 1);
  lines.add("10:05", 2);
  EXPECT_FALSE(lines.covers("10:02", 3));
  lines.add("10:02", 3);
  EXPECT_TRUE(lines.covers("10:02", 3));
}

TEST(ShownLines, ForgetsTheFirstAndCoversWhatIsOlderThanIt) {
  ShownLines lines(3);
  for (std::size_t i = 0; i < 5; i++) lines.add("10:0" + std::to_string(i), i);
  EXPECT_TRUE(lines.covers("10:00", 0)) << "older than what was forgotten last";
  EXPECT_FALSE(lines.covers("10:01", 9)) << "it may never have come";
  EXPECT_TRUE(lines.covers("10:02", 2));
  EXPECT_FALSE(lines.covers("10:02", 9));
}

TEST(ShownLines, CountsEqualLines) {
  ShownLines lines(2);
  lines.add("10:00", 7);
  lines.add("10:00", 7);
  lines.add("10:00", 8);
  EXPECT_TRUE(lines.covers("10:00", 7)) << "one of them is remembered";
  lines.add("10:00", 9);
  EXPECT_FALSE(lines.covers("10:00", 7));
}

}  // namespace
}  // namespace peko::cli
