#include "edge/asset_choice.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace peko::edge {
namespace {

struct Wanted {
  std::vector<std::string_view> accept_encoding;
  Codings at_hand;
  Coding chosen;
};

TEST(AssetChoice, TakesTheCodingThatTheClientLikesBest) {
  constexpr Codings kBoth{.brotli = true, .gzip = true};
  const Wanted table[] = {
      {{}, kBoth, Coding::Plain},
      {{""}, kBoth, Coding::Plain},
      {{"gzip, deflate, br"}, kBoth, Coding::Brotli},
      {{"gzip, deflate, br, zstd"}, {.gzip = true}, Coding::Gzip},
      {{"br"}, {.gzip = true}, Coding::Plain},
      {{"gzip"}, kBoth, Coding::Gzip},
      {{"GZIP"}, kBoth, Coding::Gzip},
      {{"x-gzip"}, kBoth, Coding::Gzip},
      {{"gzip;q=1.0, br;q=0.5"}, kBoth, Coding::Gzip},
      {{"gzip;q=0.5, br;q=0.501"}, kBoth, Coding::Brotli},
      {{"gzip ; q=0.5 , br ; q=0.4"}, kBoth, Coding::Gzip},
      {{"br;q=0, gzip;q=0"}, kBoth, Coding::Plain},
      {{"br;q=0"}, kBoth, Coding::Plain},
      {{"*"}, kBoth, Coding::Brotli},
      {{"*;q=0.1, br;q=0"}, kBoth, Coding::Gzip},
      {{"identity, br;q=0.5"}, kBoth, Coding::Plain},
      {{"identity;q=0.5, br;q=0.5"}, kBoth, Coding::Brotli},
      {{"identity;q=0"}, kBoth, Coding::Plain},
      {{"br;q=nonsense, gzip"}, kBoth, Coding::Gzip},
      {{"br;q=2, gzip;q=0.1"}, kBoth, Coding::Gzip},
      {{"br;q=0.0001"}, kBoth, Coding::Plain},
      {{"br;level=5, gzip"}, kBoth, Coding::Gzip},
      {{"gzip", "br"}, kBoth, Coding::Brotli},
      {{"brotli, gzipped"}, kBoth, Coding::Plain},
      {{",,, ,br,,"}, kBoth, Coding::Brotli},
      {{"br, gzip"}, {}, Coding::Plain},
  };
  for (const Wanted& row : table) {
    std::vector<http::Field> fields;
    for (const std::string_view value : row.accept_encoding) fields.push_back({"accept-encoding", value});
    EXPECT_EQ(choose_coding(fields, row.at_hand), row.chosen)
        << (row.accept_encoding.empty() ? "" : row.accept_encoding.front());
  }
}

struct Asked {
  std::string_view range;
  unsigned status;
  std::uint64_t first;
  std::uint64_t size;
};

constexpr std::string_view kTag = "\"abc\"";

AssetPlan plan(std::vector<http::Field> fields, std::uint64_t size, std::string_view method = "GET") {
  const http::RequestHead head{.method = method, .target = "/", .authority = "a", .fields = fields};
  return plan_asset(head, kTag, size);
}

TEST(AssetChoice, SendsRanges) {
  const Asked table[] = {
      {"bytes=0-0", 206, 0, 1},
      {"bytes=0-99", 206, 0, 100},
      {"bytes=0-100", 206, 0, 100},
      {"bytes=10-", 206, 10, 90},
      {"bytes=99-", 206, 99, 1},
      {"bytes=-1", 206, 99, 1},
      {"bytes=-100", 206, 0, 100},
      {"bytes=-1000", 206, 0, 100},
      {"Bytes=5-6", 206, 5, 2},
      {"bytes=100-", 416, 0, 0},
      {"bytes=100-200", 416, 0, 0},
      {"bytes=-0", 416, 0, 0},
      {"bytes=6-5", 200, 0, 100},
      {"bytes=a-b", 200, 0, 100},
      {"bytes=", 200, 0, 100},
      {"bytes=-", 200, 0, 100},
      {"bytes=5", 200, 0, 100},
      {"bytes=--5", 200, 0, 100},
      {"bytes=1-2,4-5", 200, 0, 100},
      {"items=0-1", 200, 0, 100},
      {"", 200, 0, 100},
      {"bytes=+1-2", 200, 0, 100},
      {"bytes=1 -2", 200, 0, 100},
      {"bytes=1--2", 200, 0, 100},
      {"bytes=0-99999999999999999999999", 206, 0, 100},
      {"bytes=99999999999999999999999-", 416, 0, 0},
      {"bytes=-99999999999999999999999", 206, 0, 100},
  };
  for (const Asked& row : table) {
    const AssetPlan result = plan({{"range", row.range}}, 100);
    EXPECT_EQ(result.status, row.status) << row.range;
    EXPECT_EQ(result.first, row.first) << row.range;
    EXPECT_EQ(result.size, row.size) << row.range;
  }
}

TEST(AssetChoice, HasNoRangeOfAnEmptyFile) {
  EXPECT_EQ(plan({{"range", "bytes=0-"}}, 0).status, 416U);
  EXPECT_EQ(plan({{"range", "bytes=-5"}}, 0).status, 416U);
  EXPECT_EQ(plan({}, 0).status, 200U);
}

TEST(AssetChoice, IgnoresTheRangeOfAHead) { EXPECT_EQ(plan({{"range", "bytes=0-0"}}, 100, "HEAD").status, 200U); }

TEST(AssetChoice, SendsARangeOnlyOfWhatTheClientHasTheRestOf) {
  const http::Field range{"range", "bytes=0-0"};
  EXPECT_EQ(plan({range, {"if-range", "\"abc\""}}, 100).status, 206U);
  EXPECT_EQ(plan({range, {"if-range", "\"other\""}}, 100).status, 200U);
  EXPECT_EQ(plan({range, {"if-range", "W/\"abc\""}}, 100).status, 200U);
  EXPECT_EQ(plan({range, {"if-range", "Sat, 29 Oct 1994 19:43:31 GMT"}}, 100).status, 200U);
}

TEST(AssetChoice, SendsNothingThatTheClientHas) {
  EXPECT_EQ(plan({{"if-none-match", "\"abc\""}}, 100).status, 304U);
  EXPECT_EQ(plan({{"if-none-match", "W/\"abc\""}}, 100).status, 304U);
  EXPECT_EQ(plan({{"if-none-match", "\"x\", \"abc\""}}, 100).status, 304U);
  EXPECT_EQ(plan({{"if-none-match", "\"x\""}, {"if-none-match", "\"abc\""}}, 100).status, 304U);
  EXPECT_EQ(plan({{"if-none-match", "*"}}, 100).status, 304U);
  EXPECT_EQ(plan({{"if-none-match", "\"abcd\""}}, 100).status, 200U);
  EXPECT_EQ(plan({{"if-none-match", "abc"}}, 100).status, 200U);
  EXPECT_EQ(plan({{"if-none-match", "\"abc\""}, {"range", "bytes=0-0"}}, 100).status, 304U);
  EXPECT_EQ(plan({{"if-modified-since", "Sat, 29 Oct 1994 19:43:31 GMT"}}, 100).status, 200U);
}

TEST(AssetChoice, RefusesWhenTheClientWantsAnother) {
  EXPECT_EQ(plan({{"if-match", "\"abc\""}}, 100).status, 200U);
  EXPECT_EQ(plan({{"if-match", "*"}}, 100).status, 200U);
  EXPECT_EQ(plan({{"if-match", "\"x\""}}, 100).status, 412U);
  EXPECT_EQ(plan({{"if-match", "W/\"abc\""}}, 100).status, 412U);
}

TEST(AssetChoice, TagsBytesByTheirHash) {
  EXPECT_EQ(EntityTag(sha256("")).view(), "\"e3b0c44298fc1c149afbf4c8996fb924\"");
}

}  // namespace
}  // namespace peko::edge
