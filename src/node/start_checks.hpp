/// Whether the system lets a node have what its settings promise: open files, mappings, address space. A limit that is
/// too low does not show before the node is busy, so it is told at the start, with the command that raises it.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "node/config.hpp"

namespace peko::node {

/// What a node needs when all its instances are in use.
struct Needs {
  std::uint64_t open_files;
  std::uint64_t maps;
  std::uint64_t address_space;  ///< bytes
};

/// What the system permits this process.
struct SystemLimits {
  static constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();

  std::uint64_t open_files = kUnlimited;
  std::uint64_t maps = kUnlimited;           ///< vm.max_map_count
  std::uint64_t address_space = kUnlimited;  ///< bytes; ulimit -v
  bool strict_overcommit = false;            ///< vm.overcommit_memory is 2
};

/// For `instances` at once on `threads` loops. All needs come from here.
Needs needs_of(std::uint64_t instances, std::uint64_t threads);

/// How many functions may be loaded at once beside the instances, by open files and mappings; at most
/// kLoadedFunctionsMax. At least 64, whatever the system says: then the advice says what to raise.
std::uint64_t loaded_functions_fitting(const Config& config, const SystemLimits& system);
std::uint64_t loaded_functions_fitting(const Config& config);
inline constexpr std::uint64_t kLoadedFunctionsMax = 2000;

/// What this process is permitted, its open files raised as far as the hard limit lets it.
SystemLimits system_limits();

/// A limit that is too low.
struct Advice {
  std::string what;  ///< what there is and what is needed
  std::string todo;  ///< how to raise it, and how few instances would fit
};

/// What is too low.
std::vector<Advice> advise(const Config& config, const SystemLimits& system);

/// Raises the soft limit of open files to the hard one, and returns the advice for this process, a line each.
std::vector<std::string> prepare_process(const Config& config);

}  // namespace peko::node
