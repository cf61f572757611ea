#include "http/h1_writer.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace peko::http {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kDate = "Sun, 06 Nov 1994 08:49:37 GMT";

std::string written(unsigned status, std::vector<Field> fields, HeadStyle style = {}) {
  std::string out;
  write_head(out, {status, fields}, style);
  return out;
}

TEST(H1Writer, DecidesTheFramingAsRfc9112Says) {
  struct Row {
    std::string_view method;
    Version version;
    unsigned status;
    std::optional<std::uint64_t> length;
    Framing expected;
  };
  constexpr auto kNone = std::optional<std::uint64_t>{};
  const Row rows[] = {
      {"GET", Version::Http11, 200, 5, {BodyEnd::Length, 5}},
      {"GET", Version::Http11, 200, 0, {BodyEnd::Length, 0}},
      {"GET", Version::Http11, 200, kNone, {BodyEnd::Chunked, kNone}},
      {"POST", Version::Http11, 404, kNone, {BodyEnd::Chunked, kNone}},
      {"GET", Version::Http10, 200, kNone, {BodyEnd::UntilClose, kNone}},
      {"GET", Version::Http10, 200, 5, {BodyEnd::Length, 5}},
      {"HEAD", Version::Http11, 200, 5, {BodyEnd::None, 5}},
      {"HEAD", Version::Http11, 200, kNone, {BodyEnd::None, kNone}},
      {"HEAD", Version::Http10, 200, kNone, {BodyEnd::None, kNone}},
      {"head", Version::Http11, 200, kNone, {BodyEnd::Chunked, kNone}},
      {"GET", Version::Http11, 204, 5, {BodyEnd::None, kNone}},
      {"HEAD", Version::Http11, 204, 5, {BodyEnd::None, kNone}},
      {"GET", Version::Http11, 304, 5, {BodyEnd::None, 5}},
      {"GET", Version::Http11, 304, kNone, {BodyEnd::None, kNone}},
      {"GET", Version::Http11, 205, 5, {BodyEnd::None, 0}},
      {"GET", Version::Http11, 100, kNone, {BodyEnd::Chunked, kNone}},  // goes out as 500
      {"GET", Version::Http11, 999, kNone, {BodyEnd::Chunked, kNone}},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(decide_framing(row.method, row.version, row.status, row.length), row.expected)
        << row.method << " " << static_cast<int>(row.version) << " " << row.status;
  }
}

TEST(H1Writer, SendsOnlyFinalStatuses) {
  for (const unsigned bad : {0U, 99U, 100U, 101U, 103U, 199U, 1000U, 65536U + 200U})
    EXPECT_EQ(final_status(bad), 500U) << bad;
  for (const unsigned good : {200U, 299U, 599U, 999U}) EXPECT_EQ(final_status(good), good);
}

TEST(H1Writer, DeclaredLengthIsOneNumber) {
  const auto of = [](std::vector<Field> fields) { return declared_length(fields); };
  EXPECT_EQ(of({{"Content-Length", "12"}}), 12U);
  EXPECT_EQ(of({{"content-length", "12"}, {"Content-Length", "12"}}), 12U);
  EXPECT_EQ(of({{"content-length", "12"}, {"Content-Length", "13"}}), std::nullopt);
  EXPECT_EQ(of({{"content-length", "+12"}}), std::nullopt);
  EXPECT_EQ(of({{"content-length", ""}}), std::nullopt);
  EXPECT_EQ(of({{"x", "12"}}), std::nullopt);
}

TEST(H1Writer, WritesAWholeHead) {
  EXPECT_EQ(
      written(200, {{"Content-Type", "text/plain"}, {"x-empty", ""}}, {.framing = {BodyEnd::Length, 5}, .date = kDate}),
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nx-empty: \r\n"
      "date: Sun, 06 Nov 1994 08:49:37 GMT\r\ncontent-length: 5\r\n\r\n");
}

TEST(H1Writer, WritesTheFieldsOfTheFraming) {
  EXPECT_EQ(written(204, {}), "HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_EQ(written(200, {}, {.framing = {BodyEnd::Chunked, {}}}),
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
  EXPECT_EQ(written(200, {}, {.framing = {BodyEnd::UntilClose, {}}}), "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n");
  EXPECT_EQ(written(200, {}, {.framing = {BodyEnd::None, 7}}), "HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n");
}

TEST(H1Writer, SaysHowTheConnectionGoesOn) {
  EXPECT_EQ(written(204, {}, {.persistence = Persistence::Close}),
            "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n");
  EXPECT_EQ(written(204, {}, {.version = Version::Http10}),
            "HTTP/1.1 204 No Content\r\nconnection: keep-alive\r\n\r\n");
}

TEST(H1Writer, WritesStatusesWithoutAReasonAndReplacesOnesThatAreNotFinal) {
  EXPECT_EQ(written(299, {}), "HTTP/1.1 299 \r\n\r\n");
  EXPECT_EQ(written(101, {}), "HTTP/1.1 500 Internal Server Error\r\n\r\n");
  EXPECT_EQ(written(12345, {}), "HTTP/1.1 500 Internal Server Error\r\n\r\n");
}

TEST(H1Writer, LeavesOutTheFieldsOfTheHopAndTheHandlersLength) {
  EXPECT_EQ(written(200, {{"Connection", "x"},
                          {"Keep-Alive", "5"},
                          {"Transfer-Encoding", "chunked"},
                          {"Upgrade", "h2c"},
                          {"TE", "x"},
                          {"Proxy-Connection", "x"},
                          {"Content-Length", "9"},
                          {"x", "1"}}),
            "HTTP/1.1 200 OK\r\nx: 1\r\n\r\n");
}

TEST(H1Writer, KeepsTheHandlersDate) {
  EXPECT_EQ(written(200, {{"Date", "then"}}, {.date = kDate}), "HTTP/1.1 200 OK\r\nDate: then\r\n\r\n");
}

TEST(H1Writer, LeavesOutFieldsThatWouldSplitTheResponseAndCountsThem) {
  const std::vector<Field> fields = {{"a", "1\r\nx: y"}, {"b", "1\n2"},       {"c", "1\r2"}, {"d", "1\0002"sv},
                                     {"e f", "1"},       {"g:", "1"},         {"", "1"},     {"h\r\n", "1"},
                                     {"i", "\x7f"},      {"ok", "\xc3\xa4\t"}};
  std::string out;
  EXPECT_EQ(write_head(out, {200, fields}, {}), 9U);
  EXPECT_EQ(out, "HTTP/1.1 200 OK\r\nok: \xc3\xa4\t\r\n\r\n");
}

TEST(H1Writer, AppendsToWhatIsThere) {
  std::string out = "before";
  write_head(out, {204, {}}, {});
  write_chunk_begin(out, 1);
  EXPECT_EQ(out, "beforeHTTP/1.1 204 No Content\r\n\r\n1\r\n");
}

TEST(H1Writer, WritesLargeHeads) {
  const std::string name(1000, 'n');
  const std::string value(100'000, 'v');
  const std::string out = written(200, {{name, value}, {name, value}}, {.date = kDate});
  EXPECT_EQ(out, "HTTP/1.1 200 OK\r\n" + name + ": " + value + "\r\n" + name + ": " + value +
                     "\r\ndate: " + std::string(kDate) + "\r\n\r\n");
}

TEST(H1Writer, WritesChunkSizesInHexadecimal) {
  struct Row {
    std::size_t size;
    std::string_view expected;
  };
  for (const Row& row :
       {Row{1, "1\r\n"}, Row{255, "ff\r\n"}, Row{65536, "10000\r\n"}, Row{~std::size_t{0}, "ffffffffffffffff\r\n"}}) {
    std::string out;
    write_chunk_begin(out, row.size);
    EXPECT_EQ(out, row.expected);
  }
}

TEST(H1Writer, EndsAChunkedBodyWithTheAllowedTrailers) {
  std::string out;
  EXPECT_EQ(write_last_chunk(out, {}), 0U);
  EXPECT_EQ(out, "0\r\n\r\n");
  out.clear();
  const Field trailers[] = {{"x", "1"}, {"Content-Length", "5"}, {"set-cookie", "a"}, {"y", "1\r\n"}};
  EXPECT_EQ(write_last_chunk(out, trailers), 1U);
  EXPECT_EQ(out, "0\r\nx: 1\r\n\r\n");
}

}  // namespace
}  // namespace peko::http
