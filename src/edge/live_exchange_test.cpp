#include "edge/live_exchange.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/text.hpp"
#include "http/fake_client.hpp"

namespace peko::edge {
namespace {

constexpr std::string_view kTag = "<tag>";

// A response through a LiveExchange, as the client gets it.
class LiveExchangeTest : public testing::Test {
 protected:
  std::string answer(const std::vector<http::Field>& fields, std::string_view body, unsigned status = 200,
                     std::string_view method = "GET") {
    http::FakeClient client(at_);
    at_.handler.on_request = at_.handler.keep();
    client.send(std::string(method) + " / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(at_.until([&] { return !at_.handler.pending.empty(); }));
    http::Exchange& exchange = owners_.emplace_back(at_.take(), std::string(kTag), owners_);
    exchange.send_head({.status = status, .fields = fields});
    exchange.write(http::Chunk::of(std::string(body)));
    clean_ = exchange.finish();
    EXPECT_TRUE(owners_.empty());
    EXPECT_TRUE(client.expect_end());
    return client.received;
  }
  static bool ends_with_tag(const std::string& response) {
    return response.ends_with(kTag) || response.ends_with("\r\n5\r\n<tag>\r\n0\r\n\r\n");
  }

  http::Loopback at_;
  LiveExchange::Owners owners_;
  bool clean_ = false;
};

constexpr http::Field kHtml{"content-type", "text/html; charset=utf-8"};

TEST_F(LiveExchangeTest, AddsTheTagToAPageAndToItsLength) {
  const std::string response = answer({kHtml, {"content-length", "4"}}, "page");
  EXPECT_NE(response.find("content-length: 9\r\n"), std::string::npos) << response;
  EXPECT_TRUE(response.ends_with("\r\n\r\npage<tag>")) << response;
  EXPECT_TRUE(clean_);
}

TEST_F(LiveExchangeTest, AddsTheTagBehindAStream) {
  const std::string response = answer({kHtml}, "page");
  EXPECT_TRUE(response.ends_with("4\r\npage\r\n5\r\n<tag>\r\n0\r\n\r\n")) << response;
}

TEST_F(LiveExchangeTest, TellsTheSameLengthToHead) {
  const std::string response = answer({kHtml, {"content-length", "4"}}, "", 200, "HEAD");
  EXPECT_NE(response.find("content-length: 9\r\n"), std::string::npos) << response;
  EXPECT_TRUE(response.ends_with("\r\n\r\n"));
}

TEST_F(LiveExchangeTest, LeavesNothingByWhichAnOlderPageComesBack) {
  const std::string response =
      answer({kHtml, {"ETag", "\"1\""}, {"last-modified", "Thu, 01 Jan 1970 00:00:00 GMT"}}, "");
  EXPECT_TRUE(ends_with_tag(response)) << response;
  EXPECT_EQ(lower_case(response).find("etag"), std::string::npos) << response;
  EXPECT_EQ(response.find("last-modified"), std::string::npos) << response;
  EXPECT_NE(answer({{"content-type", "text/css"}, {"etag", "\"1\""}}, "").find("etag: \"1\"\r\n"), std::string::npos);
}

TEST_F(LiveExchangeTest, SurvivesALengthThatIsToldTwice) {
  const http::Field length{"content-length", "1000000000000000"};  // longer than what a string holds in itself
  const std::string response = answer({kHtml, length, length}, "", 200, "HEAD");
  EXPECT_NE(response.find("content-length: 1000000000000005\r\n"), std::string::npos) << response;
}

TEST_F(LiveExchangeTest, AddsToPagesOfErrors) {
  EXPECT_TRUE(ends_with_tag(answer({kHtml}, "page", 404)));
  EXPECT_TRUE(ends_with_tag(answer({kHtml}, "page", 500)));
  EXPECT_TRUE(ends_with_tag(answer({{"Content-Type", "TEXT/HTML"}}, "page")));
}

TEST_F(LiveExchangeTest, LeavesEverythingElseAlone) {
  EXPECT_FALSE(ends_with_tag(answer({{"content-type", "text/plain"}}, "page")));
  EXPECT_FALSE(ends_with_tag(answer({{"content-type", "text/html-not"}}, "page")));
  EXPECT_FALSE(ends_with_tag(answer({}, "page")));
  EXPECT_FALSE(ends_with_tag(answer({kHtml, {"content-encoding", "br"}}, "page")));
  EXPECT_FALSE(ends_with_tag(answer({kHtml, {"content-disposition", "Attachment; filename=a"}}, "page")));
  EXPECT_FALSE(ends_with_tag(answer({kHtml, {"content-range", "bytes 0-3/9"}}, "page", 206)));
  EXPECT_FALSE(ends_with_tag(answer({kHtml}, "", 304)));
  EXPECT_FALSE(ends_with_tag(answer({kHtml}, "", 204)));
}

TEST_F(LiveExchangeTest, HeedsTheFunctionThatSaysNo) {
  const std::string response = answer({kHtml, {"content-length", "4"}, {"peko-live-reload", "off"}}, "page");
  EXPECT_TRUE(response.ends_with("\r\n\r\npage")) << response;
  EXPECT_EQ(response.find("peko-live-reload"), std::string::npos) << response;
  EXPECT_TRUE(ends_with_tag(answer({kHtml, {"peko-live-reload", "yes"}}, "page")));
}

TEST_F(LiveExchangeTest, NeverMakesAShortBodyWhole) {
  const std::string response = answer({kHtml, {"content-length", "9"}}, "page");
  EXPECT_FALSE(clean_);
  EXPECT_FALSE(response.ends_with("0\r\n\r\n"));
}

}  // namespace
}  // namespace peko::edge
