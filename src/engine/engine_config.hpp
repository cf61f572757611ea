/// The bridge's engine settings. Compiling and serving must agree on all that the machine code depends on, so both
/// start here.
#pragma once

#include "engine/limits.hpp"
#include "peko_bridge.h"

namespace peko::engine {

/// An engine that compiles and runs nothing.
inline peko_engine_config compiler_config() {
  return {
      .size = sizeof(peko_engine_config),
      .max_instances = 0,
      .threads = 0,
      .compiler = 1,
      .memory_bytes_max = kMemoryBytesMax,
      .stack_bytes = kStackBytes,
      .memory_keep_bytes = 0,
      .clock_resolution_ns = std::chrono::nanoseconds(kClockResolution).count(),
  };
}

/// An engine that runs and cannot compile. No memory of a slot is kept resident after use: warm reuse is the normal
/// way, and pages kept cost more than faults on the rare fresh start (docs/decisions/0001-bridge.md).
inline peko_engine_config serving_config(std::uint32_t instances, std::uint32_t threads,
                                         std::chrono::nanoseconds clock_resolution) {
  peko_engine_config config = compiler_config();
  config.max_instances = instances;
  config.threads = threads;
  config.compiler = 0;
  config.clock_resolution_ns = static_cast<std::uint64_t>(clock_resolution.count());
  return config;
}

}  // namespace peko::engine
