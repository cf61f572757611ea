/// Where in its project's source a function failed, for the page that `peko dev` shows.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "edge/trap_report.hpp"

namespace peko::node {

/// The innermost of the frames ("take at src/stock.rs:12:5") that is a place in the project's own source. Nothing when
/// none is, or `project` is empty. Blocks.
edge::SourceExcerpt failed_source(const std::filesystem::path& project, const std::vector<std::string>& frames);

}  // namespace peko::node
