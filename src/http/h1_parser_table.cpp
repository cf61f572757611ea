#include "http/h1_parser_table.hpp"

#include <algorithm>
#include <iterator>

namespace peko::http {
namespace {

using namespace std::string_literals;
using Rows = std::vector<ParserRow>;

std::string get(const std::string& fields) { return "GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n"; }
std::string host(const std::string& value) { return "GET / HTTP/1.1\r\nHost: " + value + "\r\n\r\n"; }
std::string target(const std::string& target) { return "GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n"; }
std::string post(const std::string& fields, const std::string& body) {
  return "POST / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + body;
}
std::string chunked(const std::string& body) { return post("Transfer-Encoding: chunked\r\n", body); }
std::string times(int n, const std::string& text) {
  std::string all;
  while (n-- > 0) all += text;
  return all;
}

const std::string kGet = get("");
const std::string kGot = "GET / @a keep | ";

Rows request_lines() {
  const std::string shape = "400 malformed request line";
  const std::string no_method = "400 the request does not begin with a method";
  return {
      {"plain", kGet, kGot + "end"},
      {"nothing", "", "end"},
      {"cut in the request line", "GET / HT", "more"},
      {"cut before the empty line", "GET / HTTP/1.1\r\nHost: a\r\n", "more"},
      {"pipelined", kGet + kGet + kGet, kGot + kGot + kGot + "end"},
      {"pipelined, second incomplete", kGet + "GET /b", kGot + "more"},
      {"second malformed", kGet + "GET /b HTTP/1.1\r\n\r\n", kGot + "400 no host field"},
      {"one empty line first", "\r\n" + kGet, kGot + "end"},
      {"two empty lines first", "\r\n\r\n" + kGet, kGot + "end"},
      {"three empty lines first", "\r\n\r\n\r\n" + kGet, "400 too many empty lines before the request"},
      {"empty line between requests", kGet + "\r\n" + kGet, kGot + kGot + "end"},
      {"empty line, then nothing", "\r\n", "end"},
      {"half an empty line", "\r", "more"},
      {"bare LF first", "\n" + kGet, "400 line feed without carriage return"},
      {"bare CR first", "\r" + kGet, no_method},
      {"space first", " " + kGet, no_method},
      {"HTTP/0.9", "GET /\r\n\r\n", shape},
      {"no target", "GET HTTP/1.1\r\nHost: a\r\n\r\n", "400 malformed request target"},
      {"two spaces before the target", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "400 malformed request target"},
      {"two spaces after the target", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n", "400 malformed request line"},
      {"tab as separator", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", "400 malformed method"},
      {"space in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", "400 malformed request line"},
      {"space after the version", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", shape},
      {"bare LF after the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", "400 line feed without carriage return"},
      {"bare CR after the request line", "GET / HTTP/1.1\rHost: a\r\n\r\n", shape},
      {"HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", "505 only HTTP/1.0 and HTTP/1.1"},
      {"HTTP/9.9", "GET / HTTP/9.9\r\nHost: a\r\n\r\n", "505 only HTTP/1.0 and HTTP/1.1"},
      {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505 only HTTP/1.0 and HTTP/1.1"},
      {"version in lower case", "GET / http/1.1\r\nHost: a\r\n\r\n", shape},
      {"version with more digits", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", shape},
      {"version with leading zero", "GET / HTTP/01.1\r\nHost: a\r\n\r\n", shape},
      {"version with sign", "GET / HTTP/+1.1\r\nHost: a\r\n\r\n", shape},
      {"another protocol", "GET / ICY/1.1\r\nHost: a\r\n\r\n", shape},
      {"SSH banner", "SSH-2.0-OpenSSH_9.2\r\n", shape},
      {"TLS hello", "\x16\x03\x01\x02"s, no_method},
      {"long word that is no method", times(20, "a") + "(" + times(20, "a"), no_method},
      {"unusual method", "M-SEARCH / HTTP/1.1\r\nHost: a\r\n\r\n", "M-SEARCH / @a keep | end"},
      {"method in lower case is another method", "get / HTTP/1.1\r\nHost: a\r\n\r\n", "get / @a keep | end"},
      {"method of 32 bytes", times(32, "M") + " / HTTP/1.1\r\nHost: a\r\n\r\n", times(32, "M") + " / @a keep | end"},
      {"method of 33 bytes", times(33, "M") + " / HTTP/1.1\r\nHost: a\r\n\r\n",
       "501 the request does not begin with a method"},
      {"method is no token", "GE(T / HTTP/1.1\r\nHost: a\r\n\r\n", "400 malformed method"},
      {"NUL in the method", "GE\0T / HTTP/1.1\r\nHost: a\r\n\r\n"s, "400 malformed method"},
      {"NUL in the target", "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"s, "400 malformed request target"},
  };
}

Rows targets() {
  const std::string illegal = "400 illegal character in the request target";
  const std::string authority = "400 malformed authority in the request target";
  return {
      {"query", target("/a/b?c=d&e=%20"), "GET /a/b?c=d&e=%20 @a keep | end"},
      {"lenient characters in the path", target("/{}|^[]\"\\"), "GET /{}|^[]\"\\ @a keep | end"},
      {"lenient characters in the query", target("/?{}|^[]`\\??"), "GET /?{}|^[]`\\?? @a keep | end"},
      {"fragment", target("/a#b"), illegal},
      {"fragment after a query", target("/?a#b"), illegal},
      {"less-than", target("/<"), illegal},
      {"backquote in the path", target("/`"), illegal},
      {"quote in the query", target("/?\""), illegal},
      {"greater-than in the query", target("/?>"), illegal},
      {"control character", target("/\x01"), "400 malformed request target"},
      {"DEL", target("/\x7f"), "400 malformed request target"},
      {"not ASCII", target("/\xc3\xa4"), illegal},
      {"relative path", target("a"), "400 malformed request target"},
      {"only a query", target("?a"), "400 malformed request target"},
      {"asterisk with OPTIONS", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS * @a keep | end"},
      {"asterisk with GET", target("*"), "400 target * is for OPTIONS only"},
      {"asterisk and more", "OPTIONS *a HTTP/1.1\r\nHost: a\r\n\r\n", "400 malformed request target"},
      {"CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", "501 CONNECT is not supported"},
      {"authority form with GET", target("a:443"), "400 malformed request target"},
      {"absolute target wins over host", target("http://b.example:81/x?y"), "GET /x?y @b.example:81 keep | end"},
      {"absolute target, https, any case", target("HttpS://B/"), "GET / @B https keep | end"},
      {"absolute target without a path", target("http://b"), "GET / @b keep | end"},
      {"absolute target without a path, query", target("http://b?x=1"), "GET /?x=1 @b keep | end"},
      {"absolute target, empty port, query", target("http://b:?x=1"), "GET /?x=1 @b keep | end"},
      {"absolute target without a path, OPTIONS", "OPTIONS http://b HTTP/1.1\r\nHost: a\r\n\r\n",
       "OPTIONS * @b keep | end"},
      {"absolute target, no host field", "GET http://b/ HTTP/1.1\r\n\r\n", "400 no host field"},
      {"absolute target, bad host field", "GET http://b/ HTTP/1.1\r\nHost: a b\r\n\r\n", "400 malformed host field"},
      {"absolute target, no authority", target("http:///x"), authority},
      {"absolute target, user", target("http://u@b/"), authority},
      {"absolute target, user and password", target("http://u:p@b/"), authority},
      {"absolute target, port too large", target("http://b:65536/"), authority},
      {"absolute target, backslash", target("http://b\\c/"), authority},
      {"absolute target, fragment", target("http://b#x"), illegal},
      {"absolute target, other scheme", target("ftp://b/"), "400 malformed request target"},
      {"absolute target, one slash", target("http:/b/"), "400 malformed request target"},
  };
}

Rows hosts() {
  const std::string bad = "400 malformed host field";
  return {
      {"no host", "GET / HTTP/1.1\r\n\r\n", "400 no host field"},
      {"no host in 1.0", "GET / HTTP/1.0\r\n\r\n", "GET / @ 1.0 close | end"},
      {"host in 1.0", "GET / HTTP/1.0\r\nHost: a\r\n\r\n", "GET / @a 1.0 close | end"},
      {"two hosts", get("Host: b\r\n"), "400 more than one host field"},
      {"the same host twice", get("Host: a\r\n"), "400 more than one host field"},
      {"two hosts in 1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", "400 more than one host field"},
      {"empty host", host(""), bad},
      {"host of blanks", host(" \t "), bad},
      {"host with port", host("a.example:8080"), "GET / @a.example:8080 keep | end"},
      {"host with empty port", host("a:"), "GET / @a keep | end"},
      {"port of letters", host("a:http"), bad},
      {"port too large", host("a:65536"), bad},
      {"port too long", host("a:000080"), bad},
      {"port with sign", host("a:+80"), bad},
      {"port only", host(":80"), bad},
      {"two ports", host("a:80:80"), bad},
      {"user in host", host("u@a"), bad},
      {"comma in host", host("a,b"), bad},
      {"space in host", host("a b"), bad},
      {"slash in host", host("a/b"), bad},
      {"percent in host", host("a%41"), bad},
      {"host not ASCII", host("\xc3\xa4"), bad},
      {"NUL in host", host("a\0b"s), "400 malformed field value"},
      {"IPv4", host("127.0.0.1:3000"), "GET / @127.0.0.1:3000 keep | end"},
      {"IPv6", host("[::1]:3000"), "GET / @[::1]:3000 keep | end"},
      {"IPv6 without brackets", host("::1"), bad},
      {"IPv6 with a zone", host("[fe80::1%25eth0]"), bad},
      {"brackets around a name", host("[a]"), bad},
      {"brackets not closed", host("[::1"), bad},
      {"text after brackets", host("[::1]a"), bad},
      {"host of 255 bytes", host(times(255, "h")), "GET / @" + times(255, "h") + " keep | end"},
      {"host of 256 bytes", host(times(256, "h")), bad},
      {"host with space before colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", "400 malformed field name"},
  };
}

Rows fields() {
  const std::string name = "400 malformed field name";
  const std::string folded = "400 a field is folded over several lines";
  return {
      {"names are made lower case, blanks cut", get("X-Y:\t v w \t\r\n"), "GET / @a {x-y: v w} keep | end"},
      {"no blank after the colon", get("x:y\r\n"), "GET / @a {x: y} keep | end"},
      {"empty value", get("x:\r\n"), "GET / @a {x: } keep | end"},
      {"value not ASCII", get("x: \xc3\xa4\r\n"), "GET / @a {x: \xc3\xa4} keep | end"},
      {"repeated field", get("x: 1\r\nX: 2\r\n"), "GET / @a {x: 1, x: 2} keep | end"},
      {"folded value", get("x: 1\r\n 2\r\n"), folded},
      {"folded value by tab", get("x: 1\r\n\t2\r\n"), folded},
      {"folded empty value", get("x:\r\n y\r\n"), folded},
      {"folded request line", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", folded},
      {"folded transfer-encoding", post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n"), folded},
      {"blank before the empty line", get("x: y\r\n \r\n"), folded},
      {"space before colon", get("x : y\r\n"), name},
      {"tab before colon", get("x\t: y\r\n"), name},
      {"empty name", get(": y\r\n"), name},
      {"no colon", get("x\r\n"), name},
      {"name is no token", get("x@: y\r\n"), name},
      {"name not ASCII", get("\xc3\xa4: y\r\n"), name},
      {"NUL in a name", get("x\0: y\r\n"s), name},
      {"NUL in a value", get("x: \0\r\n"s), "400 malformed field value"},
      {"control character in a value", get("x: \x01\r\n"), "400 malformed field value"},
      {"DEL in a value", get("x: \x7f\r\n"), "400 malformed field value"},
      {"bare CR in a value", get("x: 1\rContent-Length: 5\r\n"), "400 carriage return without line feed"},
      {"bare LF in a value", get("x: 1\nContent-Length: 5\r\n"), "400 line feed without carriage return"},
      {"CR CR LF", get("x: 1\r\r\n"), "400 carriage return without line feed"},
      {"CRLF CR X is not the end of the head", get("x: 1\r\n\rGET /smuggled HTTP/1.1\r\nHost: a\r\n"),
       "400 carriage return without line feed"},
      {"LF LF is not the end of the head", "GET / HTTP/1.1\r\nHost: a\n\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n",
       "400 line feed without carriage return"},
      {"CR CR LF as the empty line", "GET / HTTP/1.1\r\nHost: a\r\n\r\r\n", "more"},
      {"CRLF LF as the empty line", "GET / HTTP/1.1\r\nHost: a\r\n\n", "400 line feed without carriage return"},
      {"fields of the hop are dropped",
       get("Keep-Alive: 5\r\nProxy-Connection: x\r\nTE: trailers\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\nTrailer: "
           "t\r\n"),
       "GET / @a {trailer: t} keep | end"},
      {"fields that connection names are dropped", get("Connection: X-Hop, ,close\r\nx-hop: 1\r\nX-End: 2\r\n"),
       "GET / @a {x-end: 2} close | end"},
      {"several connection fields", get("Connection: p\r\nConnection: q, close\r\np: 1\r\nq: 2\r\nr: 3\r\n"),
       "GET / @a {r: 3} close | end"},
      {"connection cannot take the framing away",
       post("Connection: content-length\r\nContent-Length: 1\r\n", "x" + kGet), "POST / @a [x] keep | " + kGot + "end"},
      {"connection is no list of tokens", get("Connection: a b\r\n"), "400 malformed field value"},
      {"too many connection options", get("Connection: a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q\r\n"),
       "431 too many connection options"},
      {"connection: close", get("Connection: Close\r\n"), "GET / @a close | end"},
      {"close wins over keep-alive", get("Connection: keep-alive, close\r\n"), "GET / @a close | end"},
      {"keep-alive in 1.0", "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "GET / @ 1.0 keep | end"},
      {"proxy-connection is no connection", "GET / HTTP/1.0\r\nProxy-Connection: keep-alive\r\n\r\n",
       "GET / @ 1.0 close | end"},
      {"upgrade is ignored", get("Connection: Upgrade\r\nUpgrade: websocket\r\n"), "GET / @a keep | end"},
  };
}

Rows framing() {
  const std::string length = "400 malformed content-length";
  const std::string both = "400 ambiguous transfer-encoding";
  const std::string only_chunked = "501 the only supported transfer-encoding is chunked";
  const std::string hi = "{content-length: 2} [hi]";
  return {
      {"content-length", post("Content-Length: 2\r\n", "hi" + kGet), "POST / @a " + hi + " keep | " + kGot + "end"},
      {"content-length 0", post("Content-Length: 0\r\n", kGet), "POST / @a {content-length: 0} keep | " + kGot + "end"},
      {"body shorter than content-length", post("Content-Length: 3\r\n", "hi"), "more"},
      {"GET with a body", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi" + kGet,
       "GET / @a " + hi + " keep | " + kGot + "end"},
      {"no length: no body", post("", kGet), "POST / @a keep | " + kGot + "end"},
      {"content-length in 1.0", "POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\nhi",
       "POST / @ " + hi + " 1.0 close | end"},
      {"content-length with leading zeros", post("Content-Length: 0002\r\n", "hi"),
       "POST / @a {content-length: 0002} [hi] keep | end"},
      {"content-length empty", post("Content-Length:\r\n", ""), length},
      {"content-length with plus", post("Content-Length: +5\r\n", "hello"), length},
      {"content-length with minus", post("Content-Length: -5\r\n", "hello"), length},
      {"content-length hexadecimal", post("Content-Length: 0x5\r\n", "hello"), length},
      {"content-length with text", post("Content-Length: 5 a\r\n", "hello"), length},
      {"content-length fraction", post("Content-Length: 5.0\r\n", "hello"), length},
      {"content-length largest", post("Content-Length: 18446744073709551615\r\n", "x"), "more"},
      {"content-length overflow", post("Content-Length: 18446744073709551616\r\n", "x"), length},
      {"content-length list", post("Content-Length: 5, 5\r\n", "hello"), length},
      {"content-length list, differing", post("Content-Length: 5, 6\r\n", "hello"), length},
      {"content-length twice", post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"),
       "400 more than one content-length"},
      {"content-length twice, differing", post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello"), length},
      {"chunked in any case", post("TRANSFER-ENCODING: ChunKed\r\n", "2\r\nhi\r\n0\r\n\r\n"),
       "POST / @a [hi] keep | end"},
      {"content-length, then chunked", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + kGet),
       both},
      {"chunked, then content-length", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n" + kGet),
       length},
      {"content-length and another coding", post("Content-Length: 5\r\nTransfer-Encoding: x\r\n", "hello"), both},
      {"chunked twice", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), both},
      {"chunked twice in a list", post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"), only_chunked},
      {"identity, then chunked", post("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
       "400 more than one transfer-encoding"},
      {"chunked, then identity", post("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"), only_chunked},
      {"gzip and chunked", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), only_chunked},
      {"identity", post("Transfer-Encoding: identity\r\n", "x"), only_chunked},
      {"xchunked", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), only_chunked},
      {"chunked with parameter", post("Transfer-Encoding: chunked;a=b\r\n", "0\r\n\r\n"), only_chunked},
      {"chunked in quotes", post("Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n"), only_chunked},
      {"chunked with comma", post("Transfer-Encoding: chunked,\r\n", "0\r\n\r\n"), only_chunked},
      {"chunked with vertical tab",
       post("Transfer-Encoding: \x0b"
            "chunked\r\n",
            "0\r\n\r\n"),
       "400 malformed field value"},
      {"transfer-encoding empty", post("Transfer-Encoding:\r\n", "0\r\n\r\n"), "400 empty transfer-encoding"},
      {"transfer-encoding with space before colon", post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"),
       "400 malformed field name"},
      {"chunked in 1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       "400 transfer-encoding in HTTP/1.0"},
      {"100-continue", post("Expect: 100-Continue\r\nContent-Length: 2\r\n", "hi"),
       "POST / @a " + hi + " expects keep | end"},
      {"100-continue without a body", get("Expect: 100-continue\r\n"), "GET / @a keep | end"},
      {"100-continue in 1.0 is ignored", "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi",
       "POST / @ " + hi + " 1.0 close | end"},
      {"another expectation", post("Expect: 200-ok\r\nContent-Length: 2\r\n", "hi"), "417 unknown expectation"},
      {"another expectation in 1.0 is ignored", "GET / HTTP/1.0\r\nExpect: x\r\n\r\n", "GET / @ 1.0 close | end"},
  };
}

Rows chunks() {
  const std::string size = "POST / @a | 400 malformed chunk size";
  const std::string end = "POST / @a [hi] | 400 chunk data without its line end";
  const std::string extension = "POST / @a | 400 illegal character in a chunk extension";
  return {
      {"chunks", chunked("2\r\nhi\r\n1\r\n!\r\n0\r\n\r\n" + kGet), "POST / @a [hi!] keep | " + kGot + "end"},
      {"no chunks", chunked("0\r\n\r\n" + kGet), "POST / @a keep | " + kGot + "end"},
      {"last chunk with several zeros", chunked("000\r\n\r\n"), "POST / @a keep | end"},
      {"last chunk missing", chunked("2\r\nhi\r\n"), "more"},
      {"end of the last chunk missing", chunked("0\r\n"), "more"},
      {"size in upper and lower case", chunked("0A\r\n0123456789\r\n0a\r\n0123456789\r\n0\r\n\r\n"),
       "POST / @a [01234567890123456789] keep | end"},
      {"size empty", chunked("\r\nhi\r\n0\r\n\r\n"), size},
      {"size with plus", chunked("+2\r\nhi\r\n0\r\n\r\n"), size},
      {"size with minus", chunked("-2\r\nhi\r\n0\r\n\r\n"), size},
      {"size with 0x", chunked("0x2\r\nhi\r\n0\r\n\r\n"), size},
      {"space before the size", chunked(" 2\r\nhi\r\n0\r\n\r\n"), size},
      {"space after the size", chunked("2 \r\nhi\r\n0\r\n\r\n"), size},
      {"tab after the size", chunked("2\t\r\nhi\r\n0\r\n\r\n"), size},
      {"size with text", chunked("2g\r\nhi\r\n0\r\n\r\n"), size},
      {"size with underscore", chunked("1_0\r\n"), size},
      {"NUL in the size", chunked("2\0\r\nhi\r\n"s), size},
      {"size with bare LF", chunked("2\nhi\r\n0\r\n\r\n"), size},
      {"size with bare CR", chunked("2\rhi\r\n0\r\n\r\n"),
       "POST / @a | 400 carriage return without line feed in a chunk size"},
      {"size largest", chunked("ffffffffffffffff\r\nhi"), "more"},
      {"size overflow", chunked("10000000000000000\r\nhi"), "POST / @a | 400 chunk size too large"},
      {"size with many zeros", chunked("00000000000000002\r\nhi\r\n0\r\n\r\n"), "POST / @a | 400 chunk size too large"},
      {"data longer than its size", chunked("2\r\nhi!\r\n0\r\n\r\n"), end},
      {"data without CRLF", chunked("2\r\nhi0\r\n\r\n"), end},
      {"data with bare LF", chunked("2\r\nhi\n0\r\n\r\n"), end},
      {"data with bare CR", chunked("2\r\nhi\r0\r\n\r\n"), end},
      {"data shorter than its size", chunked("5\r\nhi\r\n0\r\n\r\n"), "POST / @a [hi\r\n0] | 400 malformed chunk size"},
      {"extension", chunked("2;a=b;c=\"d;e\"\r\nhi\r\n0;x\r\n\r\n"), "POST / @a [hi] keep | end"},
      {"extension with bare LF", chunked("2;a\nb\r\nhi\r\n0\r\n\r\n"), extension},
      {"extension with LF in quotes", chunked("2;a=\"\n\"\r\nhi\r\n0\r\n\r\n"), extension},
      {"extension with CRLF in quotes", chunked("2;a=\"\r\n\"\r\n0\r\n\r\n"),
       "POST / @a [\"\r] | 400 chunk data without its line end"},
      {"extension with bare CR", chunked("2;a\rb\r\nhi\r\n"),
       "POST / @a | 400 carriage return without line feed in a chunk size"},
      {"extension with NUL", chunked("2;\0\r\nhi\r\n"s), extension},
      {"extension of 256 bytes", chunked("2;" + times(256, "x") + "\r\nhi\r\n0\r\n\r\n"), "POST / @a [hi] keep | end"},
      {"extension of 257 bytes", chunked("2;" + times(257, "x") + "\r\nhi\r\n0\r\n\r\n"),
       "POST / @a | 400 chunk extensions are too long"},
  };
}

Rows trailers() {
  return {
      {"trailers", chunked("2\r\nhi\r\n0\r\nX-Sum: 1\r\ny:2\r\n\r\n" + kGet),
       "POST / @a [hi] +{x-sum: 1, y: 2} keep | " + kGot + "end"},
      {"forbidden trailers are dropped",
       chunked("0\r\nHost: b\r\nAuthorization: x\r\nTrailer: x\r\nConnection: close\r\nok: 1\r\n\r\n" + kGet),
       "POST / @a +{ok: 1} keep | " + kGot + "end"},
      {"content-length as trailer", chunked("0\r\nContent-Length: 5\r\n\r\n"),
       "POST / @a | 400 framing field in the trailers"},
      {"transfer-encoding as trailer", chunked("0\r\nTransfer-Encoding: gzip\r\n\r\n"),
       "POST / @a | 400 framing field in the trailers"},
      {"trailers without end", chunked("0\r\nx: 1\r\n"), "more"},
      {"bare LF ends no trailer", chunked("0\r\nx: 1\n\r\n"), "POST / @a | 400 line feed without carriage return"},
      {"bare LF ends no body", chunked("0\r\n\n"), "POST / @a | 400 line feed without carriage return"},
      {"CR X ends no body", chunked("0\r\n\rX\r\n\r\n"), "POST / @a | 400 carriage return without line feed"},
      {"trailer without colon", chunked("0\r\nGET / HTTP/1.1\r\n\r\n"), "POST / @a | 400 malformed field name"},
      {"trailer with space before colon", chunked("0\r\nx : 1\r\n\r\n"), "POST / @a | 400 malformed field name"},
      {"folded trailer", chunked("0\r\nx: 1\r\n 2\r\n\r\n"), "POST / @a | 400 a trailer is folded over several lines"},
      {"NUL in a trailer", chunked("0\r\nx: \0\r\n\r\n"s), "POST / @a | 400 malformed field value"},
      {"8 trailers", chunked("0\r\n" + times(8, "x: 1\r\n") + "\r\n"),
       "POST / @a +{x: 1, x: 1, x: 1, x: 1, x: 1, x: 1, x: 1, x: 1} keep | end"},
      {"9 trailers", chunked("0\r\n" + times(9, "x: 1\r\n") + "\r\n"), "POST / @a | 431 too many trailers"},
      {"trailers of 512 bytes", chunked("0\r\nx: " + times(505, "y") + "\r\n\r\n"),
       "POST / @a +{x: " + times(505, "y") + "} keep | end"},
      {"trailers of 513 bytes", chunked("0\r\nx: " + times(506, "y") + "\r\n\r\n"),
       "POST / @a | 431 the trailers have too many bytes"},
      {"trailers that never end", chunked("0\r\n" + times(600, "x")),
       "POST / @a | 431 the trailers have too many bytes"},
  };
}

Rows limits() {
  const std::string many = "431 the head has too many bytes";
  // The head without the value of x has 32 bytes: request line 16, host 9, "x:" and two line ends.
  const auto head_of = [](int bytes) { return get("x:" + times(bytes - 31, "v") + "\r\n"); };
  return {
      {"head of 512 bytes", head_of(512), "GET / @a {x: " + times(481, "v") + "} keep | end"},
      {"head of 513 bytes", head_of(513), many},
      {"head that never ends", "GET / HTTP/1.1\r\nx: " + times(600, "v"), many},
      {"head after pipelined ones is counted alone", head_of(400) + head_of(400),
       "GET / @a {x: " + times(369, "v") + "} keep | GET / @a {x: " + times(369, "v") + "} keep | end"},
      {"8 fields", get(times(7, "x: 1\r\n")), "GET / @a {x: 1, x: 1, x: 1, x: 1, x: 1, x: 1, x: 1} keep | end"},
      {"9 fields", get(times(8, "x: 1\r\n")), "431 the head has too many fields"},
      {"target of 64 bytes", target("/" + times(63, "t")), "GET /" + times(63, "t") + " @a keep | end"},
      {"target of 65 bytes", target("/" + times(64, "t")), "414 the request target is too long"},
      {"target that never ends", "GET /" + times(600, "t"), "414 the request target is too long"},
      {"version that never ends", "GET / " + times(600, "v"), many},
      {"method that never ends", times(600, "M"), "501 the request does not begin with a method"},
  };
}

}  // namespace

Limits parser_table_limits() {
  Limits limits;
  limits.head_bytes_max = 512;
  limits.field_count_max = 8;
  limits.target_bytes_max = 64;
  return limits;
}

const std::vector<ParserRow>& parser_table() {
  static const std::vector<ParserRow> table = [] {
    Rows all;
    for (Rows rows : {request_lines(), targets(), hosts(), fields(), framing(), chunks(), trailers(), limits()}) {
      std::ranges::move(rows, std::back_inserter(all));
    }
    return all;
  }();
  return table;
}

}  // namespace peko::http
