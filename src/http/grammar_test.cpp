#include "http/grammar.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace peko::http {
namespace {

TEST(Grammar, TokensAreThoseOfRfc9110) {
  EXPECT_TRUE(is_token("!#$%&'*+-.^_`|~09azAZ"));
  EXPECT_FALSE(is_token(""));
  for (const char c : std::string_view("\"(),/:;<=>?@[\\]{} \t\r\n\0\x7f\x80", 24)) {
    EXPECT_FALSE(is_token(std::string_view(&c, 1))) << static_cast<int>(c);
  }
}

TEST(Grammar, ValuesHoldNoControlCharacterButTab) {
  for (int c = 0; c < 256; ++c) {
    const bool allowed = c == '\t' || (c >= ' ' && c != 0x7f);
    EXPECT_EQ(is(kValueChar, static_cast<char>(c)), allowed) << c;
  }
}

TEST(Grammar, ValuesAreCheckedAtEveryOffset) {
  for (int c = 0; c < 256; ++c) {
    for (std::size_t size = 1; size <= 20; ++size) {
      for (std::size_t at = 0; at < size; ++at) {
        std::string text(size, at % 2 == 0 ? 'x' : '\xff');
        text[at] = static_cast<char>(c);
        ASSERT_EQ(is_field_value(text), is(kValueChar, static_cast<char>(c))) << c << " at " << at << " of " << size;
      }
    }
  }
  EXPECT_TRUE(is_field_value(""));
}

TEST(Grammar, PathAndQueryTakesWhatTheHttpCrateTakes) {
  // The ranges are those of http 1.5, src/uri/path.rs, less everything that is not ASCII.
  for (int i = 0; i < 256; ++i) {
    const auto between = [i](int first, int last) { return i >= first && i <= last; };
    const bool path =
        i == 0x21 || i == 0x22 || between(0x24, 0x3b) || i == 0x3d || between(0x40, 0x5f) || between(0x61, 0x7e);
    const bool query = i == 0x21 || between(0x24, 0x3b) || i == 0x3d || between(0x3f, 0x7e);
    const char c = static_cast<char>(i);
    EXPECT_EQ(is(kPathChar, c), path) << i;
    EXPECT_EQ(is(kQueryChar, c), query) << i;
  }
}

TEST(Grammar, DigitsAreANumberOnlyWhenNothingElseIsThere) {
  EXPECT_EQ(parse_digits("0"), 0U);
  EXPECT_EQ(parse_digits("18446744073709551615"), 18446744073709551615U);
  for (const std::string_view text :
       {"", "18446744073709551616", "99999999999999999999", "+1", "-1", " 1", "1 ", "1a", "0x1"}) {
    EXPECT_EQ(parse_digits(text), std::nullopt) << text;
  }
}

TEST(Grammar, AuthoritiesAreCutAtAnEmptyPort) {
  EXPECT_EQ(parse_authority("a:"), "a");
  EXPECT_EQ(parse_authority("[::1]:"), "[::1]");
  EXPECT_EQ(parse_authority("a:0"), "a:0");
  EXPECT_EQ(parse_authority("[::ffff:1.2.3.4]:65535"), "[::ffff:1.2.3.4]:65535");
  EXPECT_EQ(parse_authority("[]"), std::nullopt);
  EXPECT_EQ(parse_authority("[:::1]"), std::nullopt);
  EXPECT_EQ(parse_authority(std::string_view("[::1\0]", 6)), std::nullopt);
}

TEST(Grammar, ListItemsComeWithoutBlanksAndEmptyOnes) {
  std::vector<std::string> items;
  for_each_item(" a ,,\tb c, ,d", [&](std::string_view item) { items.emplace_back(item); });
  EXPECT_EQ(items, (std::vector<std::string>{"a", "b c", "d"}));
}

TEST(Grammar, FieldNamesAreRecognisedInAnyCase) {
  EXPECT_TRUE(is_hop_by_hop("Transfer-ENCODING"));
  EXPECT_FALSE(is_hop_by_hop("set-cookie"));
  EXPECT_FALSE(is_hop_by_hop("trailer"));
  EXPECT_TRUE(is_forbidden_in_trailers("CONTENT-length"));
  EXPECT_TRUE(is_forbidden_in_trailers("te"));
  EXPECT_FALSE(is_forbidden_in_trailers("etag"));
}

}  // namespace
}  // namespace peko::http
