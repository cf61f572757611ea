#include "http/h1_response_parser.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "http/h1_response_table.hpp"

namespace peko::http {
namespace {

std::string read(const ResponseRow& row, std::span<const std::size_t> cuts) {
  return transcribe_response(row.method, row.bytes, cuts, response_table_limits());
}

TEST(H1ResponseParser, ReadsEachRowOfTheTableAsItSays) {
  for (const ResponseRow& row : response_table()) EXPECT_EQ(read(row, {}), row.expected) << row.name;
}

TEST(H1ResponseParser, ReadsTheSameByteByByte) {
  for (const ResponseRow& row : response_table()) {
    std::vector<std::size_t> cuts(row.bytes.size());
    std::iota(cuts.begin(), cuts.end(), std::size_t{0});
    EXPECT_EQ(read(row, cuts), row.expected) << row.name;
  }
}

TEST(H1ResponseParser, ReadsTheSameWhereverTheBytesAreCutInTwo) {
  for (const ResponseRow& row : response_table()) {
    for (std::size_t cut = 0; cut <= row.bytes.size(); ++cut) {
      ASSERT_EQ(read(row, std::span(&cut, 1)), row.expected) << row.name << ", cut at " << cut;
    }
  }
}

TEST(H1ResponseParser, HasATableOfManyDistinctRows) {
  std::set<std::string> names;
  for (const ResponseRow& row : response_table()) names.insert(row.name);
  EXPECT_EQ(names.size(), response_table().size());
  EXPECT_GE(std::ranges::count_if(response_table(),
                                  [](const ResponseRow& row) { return row.expected.contains("refused: "); }),
            40);
}

TEST(H1ResponseParser, KeepsTheHeadWhenTheInputIsGone) {
  const Limits limits;
  H1ResponseParser parser(limits, "GET");
  std::string bytes = "HTTP/1.1 200 OK\r\nName: value\r\nContent-Length: 1\r\n\r\n";
  ASSERT_EQ(parser.feed(bytes).event, ParseEvent::HeadDone);
  bytes.assign(bytes.size(), 'x');
  EXPECT_EQ(find(parser.head().fields, "name"), "value");
}

TEST(H1ResponseParser, StaysRefused) {
  const Limits limits;
  H1ResponseParser parser(limits, "GET");
  std::string bad = "SSH-2.0";
  ASSERT_EQ(parser.feed(bad).event, ParseEvent::Rejected);
  std::string good = "HTTP/1.1 204 No\r\n\r\n";
  EXPECT_EQ(parser.feed(good).event, ParseEvent::Rejected);
}

}  // namespace
}  // namespace peko::http
