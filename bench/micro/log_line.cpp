// The line of a request in the log.
#include <string>

#include "micro/counted.hpp"
#include "micro/request_record.hpp"

namespace peko::edge {
namespace {

void log_line(benchmark::State& state, LogStyle::Form form) {
  std::string line;
  for (auto _ : state) {
    line.clear();
    append_request(line, bench::kRequestRecord, {.form = form}, bench::kRequestTime);
    benchmark::DoNotOptimize(line.data());
  }
}
BENCHMARK_CAPTURE(log_line, json, LogStyle::Form::Json)->Apply(bench::counted);
BENCHMARK_CAPTURE(log_line, text, LogStyle::Form::Text)->Apply(bench::counted);

}  // namespace
}  // namespace peko::edge
