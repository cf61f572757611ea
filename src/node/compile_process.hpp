/// Compiling in a child process, so that a hostile or huge component costs the node neither memory nor its life.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace peko::node {

/// Runs `peko compile-worker` (this very program) on the bytes of a component and returns the artifact. Blocks for
/// seconds. `scratch` is a folder for the child's output. Invalid: not a valid component; Unavailable: the child could
/// not be run or was killed.
Result<std::string> compile_in_child(std::string_view wasm, const std::filesystem::path& scratch);

}  // namespace peko::node
