// What it costs a warm request to be remembered for the inspector (edge/history.hpp).
#include "edge/history.hpp"

#include <string>

#include "micro/counted.hpp"
#include "micro/request_record.hpp"

namespace peko::edge {
namespace {

void remember(benchmark::State& state) {
  const std::string name(bench::kRequestRecord.function);
  History history({.requests = static_cast<std::size_t>(state.range(0)), .failures = 64, .log_bytes = 1 << 20});
  for (auto _ : state) {
    benchmark::DoNotOptimize(&bench::kRequestRecord);
    history.add(bench::kRequestRecord, &name, bench::kRequestTime);
  }
}
BENCHMARK(remember)->Arg(0)->Arg(2048)->Arg(100'000)->Apply(bench::counted);

}  // namespace
}  // namespace peko::edge
