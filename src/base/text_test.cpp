#include "base/text.hpp"

#include <gtest/gtest.h>

namespace peko {
namespace {

TEST(EditDistance, CountsTheSmallestNumberOfChanges) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("abc", ""), 3U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("memroy_mb", "memory_mb"), 1U) << "a swap of neighbours is one change";
  EXPECT_EQ(edit_distance("ca", "abc"), 3U);
}

TEST(Nearest, FindsWhatWasMeant) {
  const std::vector<std::string> keys{"memory_mb", "cpu_ms", "wall_ms"};
  EXPECT_EQ(nearest("memroy_mb", keys), "memory_mb");
  EXPECT_EQ(nearest("wal_ms", keys), "wall_ms");
  EXPECT_EQ(nearest("colour", keys), std::nullopt);
  EXPECT_EQ(nearest("", keys), std::nullopt);
  EXPECT_EQ(nearest(std::string(100'000, 'x'), keys), std::nullopt);
  EXPECT_EQ(nearest("x", std::vector<std::string>{"y"}), std::nullopt)
      << "one letter has nothing in common with another";
}

TEST(HumanBytes, ShowsAtMostOneDigitAfterThePoint) {
  EXPECT_EQ(human_bytes(0), "0 B");
  EXPECT_EQ(human_bytes(1023), "1023 B");
  EXPECT_EQ(human_bytes(1024), "1 KiB");
  EXPECT_EQ(human_bytes(1536), "1.5 KiB");
  EXPECT_EQ(human_bytes((1ULL << 20U) - 1), "1.0 MiB");
  EXPECT_EQ(human_bytes(128ULL << 20U), "128 MiB");
  EXPECT_EQ(human_bytes(~0ULL), "16 EiB");
}

TEST(Trim, RemovesSpaceAroundOnly) {
  EXPECT_EQ(trim("  a b\t\r\n"), "a b");
  EXPECT_EQ(trim(" \n"), "");
  EXPECT_EQ(trim(""), "");
}

TEST(LowerCase, ChangesLettersOfAsciiOnly) {
  EXPECT_EQ(lower_case("X-Amz-Date_9 \xc3\x89"), "x-amz-date_9 \xc3\x89");
  EXPECT_EQ(lower_case(""), "");
}

TEST(ShellWord, IsQuotedOnlyWhereItMustBe) {
  EXPECT_EQ(shell_word("/srv/a-b_c.ts"), "/srv/a-b_c.ts");
  EXPECT_EQ(shell_word(""), "''");
  EXPECT_EQ(shell_word("a b"), "'a b'");
  EXPECT_EQ(shell_word("~$(x)"), "'~$(x)'");
  EXPECT_EQ(shell_word("it's"), "'it'\\''s'");
}

TEST(Split, KeepsEmptyParts) {
  EXPECT_EQ(split("a,,b", ','), (std::vector<std::string_view>{"a", "", "b"}));
  EXPECT_EQ(split("", ','), (std::vector<std::string_view>{""}));
  EXPECT_EQ(split("a,", ','), (std::vector<std::string_view>{"a", ""}));
}

}  // namespace
}  // namespace peko
