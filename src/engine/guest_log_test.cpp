#include "engine/guest_log.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace peko::engine {
namespace {

std::vector<std::string> texts(GuestLog& log) {
  std::vector<std::string> result;
  for (const GuestLine& line : log.take()) result.push_back(line.text);
  return result;
}

TEST(GuestLog, JoinsPiecesToLines) {
  GuestLog log;
  log.reset(1000);
  log.append(Stream::Stdout, "hel");
  EXPECT_TRUE(log.empty());
  log.append(Stream::Stdout, "lo\nwor");
  log.append(Stream::Stdout, "ld\n");
  EXPECT_EQ(texts(log), (std::vector<std::string>{"hello", "world"}));
}

TEST(GuestLog, KeepsTheStreamsApart) {
  GuestLog log;
  log.reset(1000);
  log.append(Stream::Stdout, "out");
  log.append(Stream::Stderr, "err\n");
  log.append(Stream::Stdout, "put\n");
  const std::vector<GuestLine> lines = log.take();
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].stream, Stream::Stderr);
  EXPECT_EQ(lines[0].text, "err");
  EXPECT_EQ(lines[1].text, "output");
}

TEST(GuestLog, GivesOutAnUnfinishedLineAtTheEndOfTheCall) {
  GuestLog log;
  log.reset(1000);
  log.append(Stream::Stderr, "panicked");
  log.finish();
  EXPECT_EQ(texts(log), (std::vector<std::string>{"panicked"}));
}

TEST(GuestLog, SplitsALineThatNeverEnds) {
  GuestLog log;
  log.reset(1U << 20);
  log.append(Stream::Stdout, std::string(GuestLog::kLineBytesMax * 2 + 1, 'x'));
  EXPECT_EQ(log.take().size(), 2U);
}

TEST(GuestLog, CutsAtTheLimitOnceAndSaysSo) {
  GuestLog log;
  log.reset(10);
  log.append(Stream::Stdout, "0123456789abc\n");
  log.append(Stream::Stdout, "more\n");
  log.finish();
  const std::vector<std::string> lines = texts(log);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0], "0123456789");
  EXPECT_NE(lines[1].find("log_kb"), std::string::npos);
}

TEST(GuestLog, CountsAShortLineAsALongerOne) {
  GuestLog log;
  log.reset(10 * GuestLog::kLineBytesLeast);
  log.append(Stream::Stdout, std::string(1000, '\n'));
  EXPECT_EQ(log.take().size(), 10U + 1U);
}

TEST(GuestLog, TakesLoggedMessagesWholeWithTheirLevel) {
  GuestLog log;
  log.reset(1000);
  log.append(Stream::Stdout, "unfinished");
  log.append(Stream::LogWarn, "stock: low");
  log.append(Stream::LogInfo, "two\nlines");
  const std::vector<GuestLine> lines = log.take();
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(to_string(lines[0].stream), "warn");
  EXPECT_EQ(lines[0].text, "stock: low");
  EXPECT_EQ(lines[1].text, "two");
  EXPECT_EQ(lines[2].text, "lines");
  EXPECT_EQ(lines[2].stream, Stream::LogInfo);
}

TEST(GuestLog, RemembersTheLastWordsOfStderrAndOfLoggedErrors) {
  GuestLog log;
  log.reset(1000);
  log.append(Stream::Stderr, "panicked at a.rs:1:2:\nno");
  log.append(Stream::Stdout, "something else\n");
  log.finish();
  log.take();
  EXPECT_EQ(log.last_words().reason(), "panicked at a.rs:1:2: no");
  log.reset(1000);
  EXPECT_EQ(log.last_words().reason(), "");
  log.append(Stream::LogWarn, "a warning");
  EXPECT_EQ(log.last_words().reason(), "");
  log.append(Stream::LogCritical, "a failure");
  EXPECT_EQ(log.last_words().reason(), "a failure");
}

TEST(GuestLog, StartsAfreshAtReset) {
  GuestLog log;
  log.reset(4);
  log.append(Stream::Stdout, "12345");
  log.reset(100);
  log.append(Stream::Stdout, "ok\n");
  EXPECT_EQ(texts(log), (std::vector<std::string>{"ok"}));
}

}  // namespace
}  // namespace peko::engine
