/// Where in the source a build says that it failed.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "edge/dev_channel.hpp"

namespace peko::cli {

/// What browsers are told of a failed build. The place is the first one in `output` that names a file which is there
/// (from `folder`, where the build ran), at or after a line that speaks of an error: "src/a.ts:3:5", as esbuild, rustc
/// and clang write it, or "src/a.ts(3,5)", as tsc does. The excerpt is
/// code::source_excerpt of it: none of a file outside of `folder`.
edge::BuildProblem build_problem(std::string_view output, const std::filesystem::path& folder);

/// One line that says it all: "src/a.ts:3:5: expected ;", or the first line of the output that says something.
std::string problem_in_a_line(const edge::BuildProblem& problem);

}  // namespace peko::cli
