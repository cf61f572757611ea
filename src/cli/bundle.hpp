/// From the source of a script to its bundle: one file with all that it imports, made by the project's own esbuild.
#pragma once

#include <filesystem>
#include <vector>

#include "base/result.hpp"
#include "cli/build_child.hpp"
#include "cli/context.hpp"
#include "code/function.hpp"

namespace peko::cli {

/// The folder of a function's manifest, or of the file that it is.
std::filesystem::path project_folder(const code::Function& function);

/// How code::bundle_file(function) and its source map are written; its folder is made. esbuild is looked for in
/// node_modules of the script's folder and of those above it, then in PATH. NotFound: there is no esbuild, or no
/// script.
Result<BuildPlan> bundle_plan(const code::Function& function, const Environment& environment);
/// The same, done; what esbuild says goes to stderr. Errors as bundle_plan; Invalid: it failed.
Status bundle(const code::Function& function, const Context& context);

/// After a bundle was written: the files that it was made of. Empty: that cannot be told.
std::vector<std::filesystem::path> bundle_inputs(const code::Function& function);

}  // namespace peko::cli
