/// What the kernel knows of this process.
#pragma once

#include <chrono>
#include <cstdint>

namespace peko::node {

struct ProcessStats {
  std::uint64_t resident_bytes = 0;
  std::chrono::nanoseconds cpu{};
};

/// What cannot be read is 0.
ProcessStats read_process_stats();

}  // namespace peko::node
