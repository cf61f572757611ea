// Writing the head of a response.
#include <string>

#include "http/h1_writer.hpp"
#include "micro/counted.hpp"

namespace peko::http {
namespace {

void serialise(benchmark::State& state) {
  const Field fields[] = {{"content-type", "application/json"},
                          {"content-length", "27"},
                          {"peko-request-id", "019e5b1c-7a2f-7c31-9d3a-2f0c5b7e8a10"}};
  const ResponseHead head{200, fields};
  std::string out;
  for (auto _ : state) {
    out.clear();
    const HeadStyle style{Version::Http11,
                          decide_framing("GET", Version::Http11, head.status, declared_length(head.fields)),
                          Persistence::KeepAlive, "Sun, 06 Nov 1994 08:49:37 GMT"};
    if (write_head(out, head, style) != 0) state.SkipWithError("the writer left a field out");
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(serialise)->Apply(bench::counted);

}  // namespace
}  // namespace peko::http
