/// A project's build command, run as a child whose end is certain.
#pragma once

#include "base/result.hpp"
#include "cli/build_child.hpp"

namespace peko::cli {

/// Runs it and waits. SIGINT, SIGTERM and SIGHUP that this process gets meanwhile go to the whole group, and what is
/// left of it after some seconds, or when another one comes, is killed: then the result is Unavailable. Invalid: it
/// failed, with its status; Unavailable: it could not be started. One at a time: signals belong to the process.
Status run_build(const BuildPlan& plan);

}  // namespace peko::cli
