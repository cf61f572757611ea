/// How often a benchmark runs.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdlib>

namespace peko::bench {

/// For BENCHMARK(...)->Apply: PEKO_ITERATIONS times when that is set, so that two runs under callgrind differ by
/// nothing else (bench/gate.py); else as long as makes a sound average.
inline void counted(benchmark::internal::Benchmark* benchmark) {
  const char* iterations = std::getenv("PEKO_ITERATIONS");
  if (iterations != nullptr) benchmark->Iterations(std::atol(iterations));
}

}  // namespace peko::bench
