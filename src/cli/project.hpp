/// The one function that `build` and `deploy` are about.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.hpp"
#include "base/result.hpp"
#include "cli/command_line.hpp"
#include "cli/context.hpp"
#include "code/component_check.hpp"
#include "code/function.hpp"
#include "code/limit_table.hpp"

namespace peko::cli {

/// The function at `path`: a project's folder, its peko.toml, or a .wasm file. Errors as code::discover_projects;
/// Invalid also when the manifest is wrong or the folder holds several projects. `name` in place of the manifest's or
/// the file's, unless it is empty.
Result<code::Function> function_at(const std::filesystem::path& path, std::string_view name,
                                   const code::LimitsMax& maxima);

/// Adds KEY=VALUE to the environment of `function`, in place of a variable of that name. Invalid.
Status set_variable(code::Function& function, std::string_view assignment);

/// A component that Peko can run.
struct CheckedComponent {
  std::string bytes;
  Digest hash{};
  code::ComponentCheck check;
};
/// Reads the component and looks at what it imports. Errors as code::read_component; Unsupported with all problems.
Result<CheckedComponent> check_component_of(const code::Function& function);

/// Runs the project's build command; nothing happens when there is none. Its output goes to the streams of the context,
/// all of it to the error stream when stdout is for programs. Errors as run_build.
Status build_project(const code::Function& function, const CommandLine& line, const Context& context);

}  // namespace peko::cli
