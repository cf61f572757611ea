#include "http/h1_response_table.hpp"

#include <memory>

namespace peko::http {
namespace {

using Rows = std::vector<ResponseRow>;

std::string ok(const std::string& fields, const std::string& body = "") {
  return "HTTP/1.1 200 OK\r\n" + fields + "\r\n" + body;
}
std::string chunked(const std::string& body) { return ok("Transfer-Encoding: chunked\r\n", body); }
std::string times(int n, const std::string& text) {
  std::string all;
  while (n-- > 0) all += text;
  return all;
}

const std::string kEmpty = "Content-Length: 0\r\n";
const std::string kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

Rows status_lines() {
  const std::string kNot = "refused: what answers is not HTTP/1";
  const std::string kBad = "refused: malformed status line";
  const std::string kZero = "\r\nContent-Length: 0\r\n\r\n";
  return {
      {"plain", "GET", ok(kEmpty), "200 {content-length: 0} keep"},
      {"no reason", "GET", "HTTP/1.1 204 \r\n\r\n", "204 keep"},
      {"no space before no reason", "GET", "HTTP/1.1 204\r\n\r\n", "204 keep"},
      {"reason not in ASCII", "GET", "HTTP/1.1 204 \xc3\xa4\r\n\r\n", "204 keep"},
      {"status 999", "GET", "HTTP/1.1 999 ?" + kZero, "999 {content-length: 0} keep"},
      {"HTTP/1.0", "GET", "HTTP/1.0 200 OK" + kZero, "200 {content-length: 0} close"},
      {"HTTP/1.0, kept", "GET", "HTTP/1.0 200 OK\r\nConnection: keep-alive" + kZero, "200 {content-length: 0} keep"},
      {"nothing", "GET", "", "more"},
      {"cut in the status line", "GET", "HTTP/1.1 20", "more"},
      {"cut in the head", "GET", "HTTP/1.1 200 OK\r\nA: b\r\n", "more"},
      {"HTTP/0.9", "GET", "<html>", kNot},
      {"SSH", "GET", "SSH-2.0-OpenSSH_9.2\r\n", kNot},
      {"TLS alert", "GET", std::string("\x15\x03\x01\x00\x02\x02\x46", 7), kNot},
      {"HTTP/2 frame", "GET", std::string("\x00\x00\x12\x04\x00", 5), kNot},
      {"lower case", "GET", "http/1.1 200 OK" + kZero, kNot},
      {"HTTP/2.0", "GET", "HTTP/2.0 200 OK" + kZero, kNot},
      {"empty line first", "GET", "\r\nHTTP/1.1 200 OK" + kZero, kNot},
      {"HTTP/1.2", "GET", "HTTP/1.2 200 OK" + kZero, kBad},
      {"HTTP/1.11", "GET", "HTTP/1.11 200 OK" + kZero, kBad},
      {"tab before the status", "GET", "HTTP/1.1\t200 OK" + kZero, kBad},
      {"two spaces before the status", "GET", "HTTP/1.1  200 OK" + kZero, kBad},
      {"status of two digits", "GET", "HTTP/1.1 20 OK" + kZero, kBad},
      {"status of four digits", "GET", "HTTP/1.1 2000 OK" + kZero, kBad},
      {"status below 100", "GET", "HTTP/1.1 099 OK" + kZero, kBad},
      {"status with a sign", "GET", "HTTP/1.1 +20 OK" + kZero, kBad},
      {"status of letters", "GET", "HTTP/1.1 2x0 OK" + kZero, kBad},
      {"NUL in the reason", "GET", "HTTP/1.1 200 " + std::string(1, '\0') + kZero, kBad},
      {"carriage return in the reason", "GET", "HTTP/1.1 200 a\rb" + kZero, kBad},
      {"line feed alone", "GET", "HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n",
       "refused: line feed without carriage return"},
  };
}

Rows fields() {
  const std::string kName = "refused: malformed field name";
  return {
      {"names in lower case", "GET", ok("ETag: \"A\"\r\n" + kEmpty), "200 {etag: \"A\", content-length: 0} keep"},
      {"the same field twice", "GET", ok("Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n" + kEmpty),
       "200 {set-cookie: a=1, set-cookie: b=2, content-length: 0} keep"},
      {"fields of the hop", "GET", ok("Keep-Alive: timeout=5\r\nUpgrade: h2c\r\nProxy-Connection: x\r\n" + kEmpty),
       "200 {content-length: 0} keep"},
      {"fields that connection names", "GET", ok("Connection: x-hop\r\nX-Hop: 1\r\n" + kEmpty),
       "200 {content-length: 0} keep"},
      {"close", "GET", ok("Connection: close\r\n" + kEmpty), "200 {content-length: 0} close"},
      {"close among others", "GET", ok("Connection: keep-alive, Close\r\n" + kEmpty), "200 {content-length: 0} close"},
      {"space before the colon", "GET", ok("A : b\r\n"), kName},
      {"no colon", "GET", ok("A\r\n"), kName},
      {"empty name", "GET", ok(": b\r\n"), kName},
      {"space first", "GET", ok(" A: b\r\n"), "refused: a field is folded over several lines"},
      {"folded", "GET", ok("A: b\r\n c\r\n"), "refused: a field is folded over several lines"},
      {"NUL in a value", "GET", ok("A: b" + std::string(1, '\0') + "\r\n"), "refused: malformed field value"},
      {"carriage return in a value", "GET", ok("A: b\rc\r\n"), "refused: carriage return without line feed"},
      {"line feed in a value", "GET", ok("A: b\nC: d\r\n"), "refused: line feed without carriage return"},
      {"too many fields", "GET", ok(times(21, "A: b\r\n")), "refused: the head has too many fields"},
      {"too long", "GET", ok("A: " + std::string(2000, 'b') + "\r\n"), "refused: the head has too many bytes"},
      {"a reason that never ends", "GET", "HTTP/1.1 200 " + std::string(2000, 'b'),
       "refused: the head has too many bytes"},
  };
}

Rows lengths() {
  return {
      {"length", "GET", ok("Content-Length: 5\r\n", "hello"), "200 {content-length: 5} [hello] keep"},
      {"length, then more", "GET", ok("Content-Length: 5\r\n", "helloHTTP/1.1 200 OK\r\n\r\n"),
       "200 {content-length: 5} [hello] keep rest 19"},
      {"length, cut", "GET", ok("Content-Length: 5\r\n", "hell"), "200 {content-length: 5} [hell] more"},
      {"until the end", "GET", ok("", "hello"), "200 [hello] close"},
      {"until the end, empty", "GET", ok(""), "200 close"},
      {"answer to HEAD", "HEAD", ok("Content-Length: 5\r\n"), "200 {content-length: 5} keep"},
      {"answer to HEAD, chunked", "HEAD", chunked(""), "200 keep"},
      {"answer to HEAD with a body", "HEAD", ok("Content-Length: 5\r\n", "hello"),
       "200 {content-length: 5} keep rest 5"},
      {"204 with a length", "GET", "HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\nhello",
       "204 {content-length: 5} close rest 5"},
      {"204, chunked", "GET", "HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n", "204 close"},
      {"304 with a length", "GET", "HTTP/1.1 304 Same\r\nContent-Length: 5\r\n\r\n", "304 {content-length: 5} keep"},
      {"two lengths", "GET", ok("Content-Length: 5\r\nContent-Length: 6\r\n", "hello"),
       "refused: malformed content-length"},
      {"the same length twice", "GET", ok("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"),
       "refused: more than one content-length"},
      {"a list of lengths", "GET", ok("Content-Length: 5, 5\r\n", "hello"), "refused: malformed content-length"},
      {"a signed length", "GET", ok("Content-Length: +5\r\n", "hello"), "refused: malformed content-length"},
      {"a negative length", "GET", ok("Content-Length: -5\r\n", "hello"), "refused: malformed content-length"},
      {"a hexadecimal length", "GET", ok("Content-Length: 0x5\r\n", "hello"), "refused: malformed content-length"},
      {"an empty length", "GET", ok("Content-Length:\r\n", "hello"), "refused: malformed content-length"},
      {"a length of more than 64 bits", "GET", ok("Content-Length: 18446744073709551616\r\n"),
       "refused: malformed content-length"},
      {"length and chunked", "GET", ok("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
       "refused: ambiguous transfer-encoding"},
      {"chunked and length", "GET", ok("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"),
       "refused: malformed content-length"},
      {"gzip before chunked", "GET", ok("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"),
       "refused: the only supported transfer-encoding is chunked"},
      {"identity", "GET", ok("Transfer-Encoding: identity\r\n", "hello"),
       "refused: the only supported transfer-encoding is chunked"},
      {"chunked twice", "GET", ok("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
       "refused: ambiguous transfer-encoding"},
      {"not quite chunked", "GET", ok("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"),
       "refused: the only supported transfer-encoding is chunked"},
      {"chunked in HTTP/1.0", "GET", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       "refused: transfer-encoding in HTTP/1.0"},
  };
}

Rows chunks() {
  return {
      {"chunks", "GET", chunked("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"), "200 [hello world] keep"},
      {"no chunks", "GET", chunked("0\r\n\r\n"), "200 keep"},
      {"trailers", "GET", chunked("1\r\na\r\n0\r\nX-Sum: 1\r\nContent-Type: no\r\n\r\n"), "200 [a] +{x-sum: 1} keep"},
      {"chunks, then more", "GET", chunked("1\r\na\r\n0\r\n\r\nxy"), "200 [a] keep rest 2"},
      {"cut before the last chunk", "GET", chunked("1\r\na\r\n"), "200 [a] more"},
      {"cut in the last chunk", "GET", chunked("1\r\na\r\n0\r\n"), "200 [a] more"},
      {"size with 0x", "GET", chunked("0x5\r\nhello\r\n0\r\n\r\n"), "200 refused: malformed chunk size"},
      {"signed size", "GET", chunked("-1\r\n"), "200 refused: malformed chunk size"},
      {"space before the size", "GET", chunked(" 5\r\nhello\r\n"), "200 refused: malformed chunk size"},
      {"space after the size", "GET", chunked("5 \r\nhello\r\n"), "200 refused: malformed chunk size"},
      {"no size", "GET", chunked("\r\nhello"), "200 refused: malformed chunk size"},
      {"size beyond 64 bits", "GET", chunked("10000000000000000\r\n"), "200 refused: chunk size too large"},
      {"size with a bare line feed", "GET", chunked("5\nhello\r\n"), "200 refused: malformed chunk size"},
      {"data longer than its size", "GET", chunked("1\r\nab\r\n"), "200 [a] refused: chunk data without its line end"},
      {"data without line end", "GET", chunked("5\r\nhello0\r\n\r\n"),
       "200 [hello] refused: chunk data without its line end"},
      {"endless extension", "GET", chunked("1;" + std::string(300, 'x')), "200 refused: chunk extensions are too long"},
      {"length in the trailers", "GET", chunked("0\r\nContent-Length: 5\r\n\r\n"),
       "200 refused: framing field in the trailers"},
      {"folded trailer", "GET", chunked("0\r\nA: b\r\n c\r\n\r\n"),
       "200 refused: a trailer is folded over several lines"},
      {"endless trailers", "GET", chunked("0\r\n" + times(30, "A: b\r\n")), "200 refused: too many trailers"},
  };
}

Rows interim() {
  return {
      {"100 first", "GET", kContinue + ok(kEmpty), "200 {content-length: 0} keep"},
      {"103 with fields", "GET", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + ok(kEmpty),
       "200 {content-length: 0} keep"},
      {"eight", "GET", times(8, kContinue) + ok(kEmpty), "200 {content-length: 0} keep"},
      {"nine", "GET", times(9, kContinue) + ok(kEmpty), "refused: too many interim responses"},
      {"only 100", "GET", kContinue, "more"},
      {"100 with a length", "GET", "HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\n" + ok(kEmpty),
       "200 {content-length: 0} keep"},
      {"101", "GET", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
       "refused: a change of protocol nobody asked for"},
  };
}

std::string fields_text(Fields fields) {
  std::string text;
  for (const Field& field : fields) {
    text += text.empty() ? "{" : ", ";
    text.append(field.name).append(": ").append(field.value);
  }
  return text.empty() ? text : text + "}";
}

/// One connection over bytes that arrive in pieces.
class Transcriber {
 public:
  Transcriber(const Limits& limits, std::string_view method) : parser_(limits, method) {}

  void arrive(std::string_view piece) {
    pending_.append(piece);
    while (refused_.empty() && parser_.state() != H1ResponseParser::State::Complete) {
      const auto copy = std::make_unique<char[]>(pending_.size());
      pending_.copy(copy.get(), pending_.size());
      const ParseStep step = parser_.feed(std::span(copy.get(), pending_.size()));
      if (step.event == ParseEvent::Rejected) refused_ = step.detail;
      body_ += step.body;
      pending_.erase(0, step.consumed);
      if (step.event == ParseEvent::NeedMore) return;
      if (step.event == ParseEvent::HeadDone) has_head_ = true;
    }
  }

  std::string finish() {
    if (refused_.empty()) parser_.end();
    std::string text;
    if (has_head_) {
      text = std::to_string(parser_.head().status) + " ";
      if (const std::string fields = fields_text(parser_.head().fields); !fields.empty()) text += fields + " ";
    }
    if (!body_.empty()) text += "[" + body_ + "] ";
    if (!refused_.empty()) return text + "refused: " + refused_;
    if (parser_.state() != H1ResponseParser::State::Complete) return text + "more";
    if (const std::string trailers = fields_text(parser_.trailers()); !trailers.empty()) text += "+" + trailers + " ";
    text += parser_.keep_alive() ? "keep" : "close";
    return pending_.empty() ? text : text + " rest " + std::to_string(pending_.size());
  }

 private:
  H1ResponseParser parser_;
  std::string pending_;
  std::string body_;
  std::string refused_;
  bool has_head_ = false;
};

}  // namespace

const Limits& response_table_limits() {
  static const Limits kLimits = {.head_bytes_max = 1000, .field_count_max = 20};
  return kLimits;
}

const std::vector<ResponseRow>& response_table() {
  static const Rows kTable = [] {
    Rows all;
    for (const Rows& rows : {status_lines(), fields(), lengths(), chunks(), interim()}) {
      all.insert(all.end(), rows.begin(), rows.end());
    }
    return all;
  }();
  return kTable;
}

std::string transcribe_response(std::string_view method, std::string_view bytes, std::span<const std::size_t> cuts,
                                const Limits& limits) {
  Transcriber transcriber(limits, method);
  std::size_t begin = 0;
  for (const std::size_t cut : cuts) {
    transcriber.arrive(bytes.substr(begin, cut - begin));
    begin = cut;
  }
  transcriber.arrive(bytes.substr(begin));
  return transcriber.finish();
}

}  // namespace peko::http
