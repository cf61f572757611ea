#include "http/h1_request_writer.hpp"

#include <gtest/gtest.h>

namespace peko::http {
namespace {

ClientRequest get() { return {.method = "GET", .target = "/a?b", .authority = "a.example", .body_length = 0}; }

std::string written(const ClientRequest& request) {
  std::string out;
  return write_request_head(out, request) ? out : out + "refused";
}

TEST(H1RequestWriter, WritesHostFirst) {
  ClientRequest request = get();
  const Field fields[] = {{"accept", "*/*"}, {"x-a", ""}};
  request.fields = fields;
  EXPECT_EQ(written(request), "GET /a?b HTTP/1.1\r\nhost: a.example\r\naccept: */*\r\nx-a: \r\n\r\n");
}

TEST(H1RequestWriter, LeavesOutWhatIsOurs) {
  ClientRequest request = get();
  const Field fields[] = {{"Connection", "x-a"},        {"Host", "evil"},       {"content-length", "7"},
                          {"te", "trailers"},           {"Expect", "anything"}, {"upgrade", "h2c"},
                          {"keep-alive", "1"},          {"http2-settings", ""}, {"Proxy-Connection", ""},
                          {"transfer-encoding", "gzip"}};
  request.fields = fields;
  EXPECT_EQ(written(request), "GET /a?b HTTP/1.1\r\nhost: a.example\r\n\r\n");
}

TEST(H1RequestWriter, SaysHowTheBodyEnds) {
  ClientRequest request = get();
  request.method = "POST";
  request.target = "/";
  const std::string begin = "POST / HTTP/1.1\r\nhost: a.example\r\n";
  EXPECT_EQ(written(request), begin + "content-length: 0\r\n\r\n");
  request.body_length = 12;
  EXPECT_EQ(written(request), begin + "content-length: 12\r\n\r\n");
  request.body_length.reset();
  EXPECT_EQ(written(request), begin + "transfer-encoding: chunked\r\n\r\n");
}

TEST(H1RequestWriter, RefusesWhatWouldBreakTheFraming) {
  struct Row {
    std::string_view method, target, authority, name, value;
  };
  const Row rows[] = {
      {"GET /x HTTP/1.1\r\n", "/", "a", "n", "v"},
      {"", "/", "a", "n", "v"},
      {"CONNECT", "/", "a", "n", "v"},
      {"GET", "", "a", "n", "v"},
      {"GET", "x", "a", "n", "v"},
      {"GET", "*", "a", "n", "v"},
      {"GET", "http://a/", "a", "n", "v"},
      {"GET", "/ HTTP/1.1\r\nx: y", "a", "n", "v"},
      {"GET", "/a b", "a", "n", "v"},
      {"GET", "/#f", "a", "n", "v"},
      {"GET", "/", "", "n", "v"},
      {"GET", "/", "a\r\nx: y", "n", "v"},
      {"GET", "/", "user@a", "n", "v"},
      {"GET", "/", "a:99999", "n", "v"},
      {"GET", "/", "a", "", "v"},
      {"GET", "/", "a", "n ", "v"},
      {"GET", "/", "a", "n\r\nx", "v"},
      {"GET", "/", "a", "n:", "v"},
      {"GET", "/", "a", "n", "v\r\nx: y"},
      {"GET", "/", "a", "n", "v\n"},
      {"GET", "/", "a", "n", std::string_view("v\0", 2)},
  };
  for (const Row& row : rows) {
    const Field field{row.name, row.value};
    const ClientRequest request{.method = row.method,
                                .target = row.target,
                                .authority = row.authority,
                                .fields = std::span(&field, 1),
                                .body_length = 0};
    EXPECT_EQ(written(request), "refused") << row.method << row.target << row.authority << row.name << row.value;
  }
}

TEST(H1RequestWriter, TakesTheStarOfOptions) {
  ClientRequest request = get();
  request.method = "OPTIONS";
  request.target = "*";
  EXPECT_EQ(written(request), "OPTIONS * HTTP/1.1\r\nhost: a.example\r\n\r\n");
}

TEST(H1RequestWriter, KnowsWhatMayBeSentTwice) {
  for (const char* method : {"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"}) EXPECT_TRUE(is_idempotent(method));
  for (const char* method : {"POST", "PATCH", "get", "", "LINK"}) EXPECT_FALSE(is_idempotent(method));
}

}  // namespace
}  // namespace peko::http
