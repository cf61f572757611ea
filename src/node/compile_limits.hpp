/// What compiling one component may cost.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace peko::node {

/// Measured: 0.7 s of CPU and 45 MiB of memory for each MiB of a component (the ssr sample has 13 MiB). The defaults
/// leave room for three times that sample on a slow machine, and keep a hostile component from more.
struct CompileLimits {
  std::uint32_t memory_mb = 2048;  ///< compile_memory_mb: private memory of the child process
  std::chrono::seconds cpu{120};   ///< compile_seconds: CPU time of all its threads

  bool operator==(const CompileLimits&) const = default;
};

/// By the clock, a child may take this many times its CPU time: it is of low priority (nice 10 is a tenth of the
/// share), and one that waits for ever uses none.
inline constexpr int kCompileClockFactor = 10;

/// Far above any artifact: a component of 100 MiB makes some 300 MiB.
inline constexpr std::size_t kArtifactBytesMax = std::size_t{1} << 30;

/// The most of compile_at_once: each takes compile_memory_mb.
inline constexpr unsigned kCompileAtOnceMax = 64;

}  // namespace peko::node
