// What it costs a warm request to be remembered (edge/history.hpp), beside what its line in the log costs.
#include <benchmark/benchmark.h>

#include <string>

#include "edge/history.hpp"

namespace peko::edge {
namespace {

RequestRecord record_of(std::string_view id) {
  return {.request_id = id,
          .function = "todo-api",
          .version = 12,
          .method = "GET",
          .target = "/todos/8f14e45f?fields=title,done",
          .peer = "10.0.0.7:51234",
          .status = 200,
          .wall = std::chrono::microseconds(36),
          .cpu = std::chrono::microseconds(24),
          .memory_peak_bytes = 1 << 20,
          .bytes_in = 0,
          .bytes_out = 512};
}

void remember(benchmark::State& state) {
  const std::string id = "019e5b1c-7a2f-7c31-9d3a-2f0c5b7e8a10";
  const std::string name = "todo-api";
  const RequestRecord record = record_of(id);
  History history({.requests = static_cast<std::size_t>(state.range(0)), .failures = 64, .log_bytes = 1 << 20});
  const auto now = std::chrono::system_clock::now();
  for (auto _ : state) {
    benchmark::DoNotOptimize(&record);
    history.add(record, &name, now);
  }
}
BENCHMARK(remember)->Arg(0)->Arg(2048)->Arg(100'000);

void write_line(benchmark::State& state) {
  const std::string id = "019e5b1c-7a2f-7c31-9d3a-2f0c5b7e8a10";
  const RequestRecord record = record_of(id);
  const auto now = std::chrono::system_clock::now();
  std::string line;
  for (auto _ : state) {
    line.clear();
    append_request(line, record, {.form = LogStyle::Form::Json}, now);
    benchmark::DoNotOptimize(line);
  }
}
BENCHMARK(write_line);

}  // namespace
}  // namespace peko::edge

BENCHMARK_MAIN();
