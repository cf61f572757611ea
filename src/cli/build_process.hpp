/// A project's build command, run as a child whose end is certain.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.hpp"

namespace peko::cli {

struct BuildPlan {
  std::string command;           ///< for /bin/sh
  std::filesystem::path folder;  ///< where it runs
  int output;                    ///< where its stdout goes
  int errors;                    ///< where its stderr goes; not this process's stdout
};

/// Runs it and waits. It reads nothing (/dev/null) and has a process group of its own. SIGINT, SIGTERM and SIGHUP that
/// this process gets meanwhile go to the whole group, and what is left of it after some seconds, or when another one
/// comes, is killed: then the result is Unavailable. Invalid: it failed, with its status; Unavailable: it could not be
/// started. One at a time: signals belong to the process.
Status run_build(const BuildPlan& plan);

}  // namespace peko::cli
