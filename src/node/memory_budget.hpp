/// How much memory this process may have: the machine's, or less in a container.
#pragma once

#include <cstdint>
#include <filesystem>

namespace peko::node {

/// Bytes of the machine, or of the tightest memory.max of the control groups (cgroup v2) around this process. `root` is
/// "/" but in tests.
std::uint64_t available_memory(const std::filesystem::path& root, std::uint64_t machine_bytes);
/// Of this process on this machine.
std::uint64_t available_memory();

}  // namespace peko::node
