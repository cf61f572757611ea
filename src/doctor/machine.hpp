/// The machine and its kernel.
#pragma once

#include <chrono>
#include <filesystem>

#include "doctor/finding.hpp"
#include "node/config.hpp"
#include "node/start_checks.hpp"

namespace peko::doctor {

/// The instructions that compiled functions use.
Finding check_cpu();

/// Open files, mappings, address space: enough for the node that `config` describes?
Findings check_limits(const node::Config& config, const node::SystemLimits& system);

/// What the machine or the container has, in bytes, for `peko serve` and for builds.
Finding check_memory(std::uint64_t bytes);

/// How many files `peko dev` may watch. `root` is "/" but in tests.
Findings check_watches(const std::filesystem::path& root);

/// Signatures of requests to buckets, and certificates, are only good for a clock that is right. `synchronised`:
/// whether the kernel knows that somebody sets it.
Finding check_clock(std::chrono::system_clock::time_point now, bool synchronised);
/// Of this machine.
bool clock_is_synchronised();

}  // namespace peko::doctor
