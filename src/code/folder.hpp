/// Finds functions on the disk: in the projects that somebody works on.
#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "code/function.hpp"
#include "code/limit_table.hpp"

namespace peko::code {

/// What was found. A function whose settings are wrong does not keep the others from running: it becomes a problem.
struct Found {
  std::vector<Function> functions;  ///< in the order of the paths, then of the names; names and routes are unique
  std::vector<Error> problems;      ///< whole messages, each naming its file
};

/// Where functions are defined: manifests, components and scripts, absolute, each once, in the order of `paths`, then
/// of their names. Errors as discover_projects, but for Conflict.
Result<std::vector<std::filesystem::path>> project_sources(std::span<const std::filesystem::path> paths);

/// The function that one of them defines. Errors as read_manifest; Invalid for a file whose name cannot be a
/// function's.
Result<Function> read_project(const std::filesystem::path& source, const LimitsMax& maxima = {});

/// Conflict when two functions have one name or one route.
Status check_unique(std::span<const Function> functions);

/// The functions of projects. A path is a .wasm file, a script, a project's folder (with a peko.toml), a peko.toml, or
/// a folder of projects' folders. NotFound when a path does not exist or has no function; Invalid when it is none of
/// these; Conflict when two claim one name or route.
Result<Found> discover_projects(std::span<const std::filesystem::path> paths, const LimitsMax& maxima = {});

}  // namespace peko::code
