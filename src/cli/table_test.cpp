#include "cli/table.hpp"

#include <gtest/gtest.h>

namespace peko::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto kDay = std::chrono::sys_days{std::chrono::year{2026} / 1 / 31};

TEST(Table, HasColumnsAsWideAsTheirWidestCell) {
  const Terminal out(stdout, Terminal::Kind::Plain);
  EXPECT_EQ(table(out, {{"A", "LONG", "C"}, {"wide", "x", "y"}, {"b", "caf\xc3\xa9!", "z"}, {"d"}}),
            "  A     LONG   C\n"
            "  wide  x      y\n"
            "  b     caf\xc3\xa9!  z\n"
            "  d\n");
}

TEST(Table, CannotBeSteeredByACell) {
  const Terminal out(stdout, Terminal::Kind::Coloured);
  const std::string text = table(out, {{"A"}, {"\x1b[2Jx"}});
  EXPECT_NE(text.find("?[2Jx"), std::string::npos) << text;
}

TEST(Times, AreShownForPeopleAndForPrograms) {
  EXPECT_EQ(shown_time(kDay + 12h + 3min + 59s), "2026-01-31 12:03Z");
  EXPECT_EQ(iso_time(kDay + 12h + 3min + 4s + 7ms), "2026-01-31T12:03:04.007Z");
  const std::pair<std::chrono::seconds, std::string_view> rows[] = {
      {-5s, "just now"}, {59s, "just now"},         {60s, "1 min ago"},  {119min, "119 min ago"},
      {2h, "2 h ago"},   {47h + 59min, "47 h ago"}, {48h, "2 days ago"}, {24h * 400, "400 days ago"}};
  for (const auto& [age, words] : rows) {
    EXPECT_EQ(shown_age(kDay, kDay + age), words);
  }
}

TEST(Shortened, EndsAtALineOrInTheMiddleButNeverInsideACharacter) {
  EXPECT_EQ(shortened("abc", 3), "abc");
  EXPECT_EQ(shortened("abcd", 3), "abc...");
  EXPECT_EQ(shortened("one\ntwo", 10), "one...");
  EXPECT_EQ(shortened("\xc3\xa9\xc3\xa9\xc3\xa9", 2), "\xc3\xa9\xc3\xa9...");
}

}  // namespace
}  // namespace peko::cli
