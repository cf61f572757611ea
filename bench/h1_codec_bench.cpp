/// What the HTTP/1.1 codec costs per request. Instructions instead of time (valgrind 3.19 cannot read clang's debug
/// information):
///   strip -g -o bench h1_codec_bench
///   valgrind --tool=callgrind --toggle-collect='*one_request*' ./bench --benchmark_filter=Typical
#include <benchmark/benchmark.h>

#include <span>
#include <string>
#include <string_view>

#include "http/h1_parser.hpp"
#include "http/h1_writer.hpp"

namespace peko::http {
namespace {

constexpr std::string_view kTypical =
    "GET /todos?page=2 HTTP/1.1\r\nHost: rest-api.localhost:3000\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n\r\n";
constexpr std::string_view kBrowser =
    "GET /todos?page=2 HTTP/1.1\r\nHost: rest-api.localhost:3000\r\nConnection: keep-alive\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 "
    "Safari/537.36\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en-US,en;q=0.9\r\nCache-Control: max-age=0\r\n"
    "Cookie: session=0123456789abcdef0123456789abcdef\r\nSec-Fetch-Mode: navigate\r\nUpgrade-Insecure-Requests: "
    "1\r\n\r\n";

/// Parses one request and writes the head of its response. Not inlined, so that callgrind can count it.
[[gnu::noinline]] bool one_request(H1Parser& parser, std::span<char> request, std::string& out) {
  parser.reset();
  if (parser.feed(request).event != ParseEvent::HeadDone) return false;
  const Field fields[] = {
      {"content-type", "application/json"}, {"content-length", "27"}, {"peko-request-id", "01j9z3k4m5n6p7q8"}};
  const ResponseHead head{200, fields};
  const auto length = declared_length(head.fields);
  const HeadStyle style{parser.head().version,
                        decide_framing(parser.head().method, parser.head().version, head.status, length),
                        Persistence::KeepAlive, "Sun, 06 Nov 1994 08:49:37 GMT"};
  return write_head(out, head, style) == 0;
}

void codec(benchmark::State& state, std::string_view text) {
  const Limits limits;
  H1Parser parser(limits);
  std::string request(text);
  std::string out;
  for (auto _ : state) {
    out.clear();
    if (!one_request(parser, request, out)) state.SkipWithError("the codec refused the request");
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK_CAPTURE(codec, Typical, kTypical);
BENCHMARK_CAPTURE(codec, Browser, kBrowser);

}  // namespace
}  // namespace peko::http

BENCHMARK_MAIN();
