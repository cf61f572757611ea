/// From the source of a script to its bundle: one file with all that it imports, made by the project's own esbuild.
#pragma once

#include "base/result.hpp"
#include "cli/context.hpp"
#include "code/function.hpp"

namespace peko::cli {

/// Writes code::bundle_file(function) and its source map. esbuild is looked for in node_modules of the script's folder
/// and of those above it, then in PATH; what it says goes to stderr. NotFound: there is no esbuild, or no script;
/// Invalid: it failed.
Status bundle(const code::Function& function, const Context& context);

}  // namespace peko::cli
