// Parsing the head of a request.
#include <string>
#include <string_view>

#include "http/h1_parser.hpp"
#include "micro/counted.hpp"

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

void parse(benchmark::State& state, std::string_view text) {
  const Limits limits;
  H1Parser parser(limits);
  std::string request(text);
  for (auto _ : state) {
    parser.reset();
    if (parser.feed(request).event != ParseEvent::HeadDone) state.SkipWithError("the parser refused the request");
    benchmark::DoNotOptimize(parser.head().target.data());
  }
}
BENCHMARK_CAPTURE(parse, typical, kTypical)->Apply(bench::counted);
BENCHMARK_CAPTURE(parse, browser, kBrowser)->Apply(bench::counted);

}  // namespace
}  // namespace peko::http
