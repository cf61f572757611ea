#include "edge/guest_lines.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace peko::edge {
namespace {

constexpr std::string_view kId = "019e5b1c-7a2f-7c31-9d3a-2f0c5b7e8a10";

void print(GuestLines& lines, std::string_view function, std::string text) {
  lines.add(function, kId, {}, {engine::Stream::Stdout, std::move(text)});
}

TEST(GuestLines, KeepsWhatWasPrintedInItsOrder) {
  GuestLines lines(1 << 20);
  print(lines, "a", "one");
  print(lines, "b", "two");
  print(lines, "a", "three");
  ASSERT_EQ(lines.lines().size(), 3U);
  EXPECT_EQ(lines.lines().front().line.text, "one");
  EXPECT_EQ(lines.lines().front().id.view(), kId);
  EXPECT_EQ(lines.lines().back().line.text, "three");
  EXPECT_EQ(lines.lines("a")->size(), 2U);
  EXPECT_EQ(lines.count(), 3U);
  EXPECT_EQ(lines.count("a"), 2U);
  EXPECT_EQ(lines.count("nobody"), 0U);
  EXPECT_EQ(lines.lines("nobody"), nullptr);
}

TEST(GuestLines, OneThatPrintsMuchPushesOutOnlyItsOwn) {
  GuestLines lines(64 << 10);
  print(lines, "quiet", "still here");
  for (int i = 0; i < 10'000; i++) print(lines, "loud", std::string(100, 'x'));
  EXPECT_EQ(lines.lines("quiet")->size(), 1U);
  EXPECT_EQ(lines.lines().front().line.text, "still here");
  EXPECT_LE(lines.bytes(), 64U << 10);
  EXPECT_GT(lines.lines("loud")->size(), 10U);
  EXPECT_EQ(lines.lines("loud")->back()->number_of_function, 9'999U);
}

TEST(GuestLines, ManyFunctionsTogetherStayWithinTheBound) {
  GuestLines lines(64 << 10);
  for (int i = 0; i < 10'000; i++) print(lines, "f" + std::to_string(i % 100), std::string(50, 'x'));
  EXPECT_LE(lines.bytes(), 64U << 10);
  EXPECT_EQ(lines.lines().back().number, 9'999U);
}

TEST(GuestLines, ALineThatIsLongerThanAllIsKeptAlone) {
  GuestLines lines(1024);
  print(lines, "a", "short");
  print(lines, "a", std::string(8192, 'x'));
  ASSERT_EQ(lines.lines().size(), 1U);
  EXPECT_EQ(lines.lines().front().line.text.size(), 8192U);
}

TEST(GuestLines, FindsThoseOfARequestAlsoWhenOthersOfItAreGone) {
  GuestLines lines(32 << 10);
  const auto id_of = [](int number) {
    const std::string digits = std::to_string(number);
    return "019e5b1c-7a2f-7c31-9d3a-" + std::string(12 - digits.size(), '0') + digits;
  };
  for (int i = 0; i < 2000; i++) {
    // Of a few requests at a time, some to two functions.
    lines.add(i % 3 == 0 ? "a" : "b", i % 7 == 0 ? "" : id_of(i / 20 * 4 + i % 4), {},
              {engine::Stream::Stdout, std::string(static_cast<std::size_t>(i % 50), 'x')});
    if (i % 97 != 0 && i < 1990) continue;
    for (int number = 0; number < 404; number++) {
      std::vector<const KeptLine*> expected;
      for (const KeptLine& line : lines.lines()) {
        if (line.id.view() == id_of(number)) expected.push_back(&line);
      }
      std::vector<const KeptLine*> found;
      for (const KeptLine* line = lines.last_of(id_of(number)); line != nullptr; line = line->earlier) {
        found.insert(found.begin(), line);
      }
      ASSERT_EQ(found, expected) << "request " << number << " after " << i << " lines";
    }
  }
  EXPECT_EQ(lines.last_of(""), nullptr);
}

TEST(GuestLines, KnowsWhatWasPrintedForNoRequest) {
  GuestLines lines(1024);
  lines.add("a", "", {}, {engine::Stream::Stderr, "starting"});
  EXPECT_FALSE(lines.lines().front().has_id());
}

}  // namespace
}  // namespace peko::edge
