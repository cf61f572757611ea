#include "http/h1_parser.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <set>
#include <vector>

#include "http/h1_parser_table.hpp"
#include "http/h1_transcript.hpp"

namespace peko::http {
namespace {

std::vector<std::size_t> every_byte(std::size_t size) {
  std::vector<std::size_t> cuts(size);
  std::iota(cuts.begin(), cuts.end(), std::size_t{0});
  return cuts;
}

std::span<char> span_of(std::string& text) { return {text.data(), text.size()}; }

TEST(H1Parser, ReadsEachRowOfTheTableAsItSays) {
  for (const ParserRow& row : parser_table()) {
    EXPECT_EQ(transcribe(row.bytes, {}, parser_table_limits()), row.expected) << row.name;
  }
}

TEST(H1Parser, ReadsTheSameByteByByte) {
  for (const ParserRow& row : parser_table()) {
    EXPECT_EQ(transcribe(row.bytes, every_byte(row.bytes.size()), parser_table_limits()), row.expected) << row.name;
  }
}

TEST(H1Parser, ReadsTheSameWhereverTheBytesAreCutInTwo) {
  for (const ParserRow& row : parser_table()) {
    for (std::size_t cut = 0; cut <= row.bytes.size(); ++cut) {
      ASSERT_EQ(transcribe(row.bytes, std::span(&cut, 1), parser_table_limits()), row.expected)
          << row.name << ", cut at " << cut;
    }
  }
}

TEST(H1Parser, HasATableOfManyDistinctRows) {
  std::set<std::string> names;
  std::size_t refused = 0;
  for (const ParserRow& row : parser_table()) {
    names.insert(row.name);
    refused += row.expected.ends_with("end") || row.expected.ends_with("more") ? 0 : 1;
  }
  EXPECT_EQ(names.size(), parser_table().size());
  EXPECT_GE(refused, 100U);
}

TEST(H1Parser, ConsumesNothingOfAHeadBeforeItIsComplete) {
  const Limits limits;
  H1Parser parser(limits);
  std::string bytes = "\r\nGET / HTTP/1.1\r\nHost: a\r\n";
  const ParseStep first = parser.feed(span_of(bytes));
  EXPECT_EQ(first.event, ParseEvent::NeedMore);
  EXPECT_EQ(first.consumed, 2U);
  bytes.erase(0, 2);
  EXPECT_EQ(parser.feed(span_of(bytes)).consumed, 0U);
  bytes += "\r\nrest";
  const ParseStep last = parser.feed(span_of(bytes));
  EXPECT_EQ(last.event, ParseEvent::HeadDone);
  EXPECT_EQ(last.consumed, bytes.size() - 4);
}

TEST(H1Parser, ViewsPointIntoTheInput) {
  const Limits limits;
  H1Parser parser(limits);
  std::string bytes = "GET /path HTTP/1.1\r\nHost: a\r\nNAME: value\r\n\r\n";
  ASSERT_EQ(parser.feed(span_of(bytes)).event, ParseEvent::HeadDone);
  EXPECT_EQ(parser.head().target.data(), bytes.data() + 4);
  EXPECT_EQ(find(parser.head().fields, "name"), "value");
  EXPECT_EQ(bytes.substr(29, 4), "name");
}

TEST(H1Parser, BodyDataIsAViewIntoTheInput) {
  const Limits limits;
  H1Parser parser(limits);
  std::string bytes = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  ASSERT_EQ(parser.feed(span_of(bytes)).event, ParseEvent::HeadDone);
  EXPECT_EQ(parser.head().body_length, std::nullopt);
  std::string body = "5\r\nhello\r\n0\r\n\r\n";
  const ParseStep step = parser.feed(span_of(body));
  ASSERT_EQ(step.event, ParseEvent::BodyData);
  EXPECT_EQ(step.body.data(), body.data() + 3);
  EXPECT_EQ(step.consumed, 8U);
  EXPECT_EQ(parser.state(), H1Parser::State::Body);
}

TEST(H1Parser, SaysThatARequestWithoutABodyIsCompleteAtOnce) {
  const Limits limits;
  H1Parser parser(limits);
  std::string bytes = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  ASSERT_EQ(parser.feed(span_of(bytes)).event, ParseEvent::HeadDone);
  EXPECT_EQ(parser.state(), H1Parser::State::Complete);
  EXPECT_EQ(parser.feed({}).event, ParseEvent::BodyDone);
}

TEST(H1Parser, StaysRefused) {
  const Limits limits;
  H1Parser parser(limits);
  std::string bad = "GET / HTTP/3.0\r\n";
  ASSERT_EQ(parser.feed(span_of(bad)).event, ParseEvent::Rejected);
  std::string good = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  const ParseStep step = parser.feed(span_of(good));
  EXPECT_EQ(step.event, ParseEvent::Rejected);
  EXPECT_EQ(step.rejection, Rejection::UnsupportedVersion);
}

TEST(H1Parser, RefusesALongHeadWithoutWaitingForMore) {
  Limits limits;
  limits.head_bytes_max = 100;
  H1Parser parser(limits);
  std::string bytes = "GET / HTTP/1.1\r\nx: " + std::string(81, 'y');
  bytes.resize(100);
  EXPECT_EQ(parser.feed(span_of(bytes)).event, ParseEvent::NeedMore);
  bytes += 'y';
  EXPECT_EQ(parser.feed(span_of(bytes)).rejection, Rejection::HeadersTooLarge);
}

}  // namespace
}  // namespace peko::http
