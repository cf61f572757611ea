/// Source excerpts: the lines of a project's source around a place that somebody names.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace peko::code {

/// The lines around `line`, which counts from 1, that one marked: "   9 | a\n> 10 | b\n  11 | c". Empty when there is
/// no such line, when `file` does not lie below `root` or does not look like source: what names it (debug information,
/// a source map, a build's output) may be a stranger's, who has no business in other files. Blocks.
std::string source_excerpt(const std::filesystem::path& root, const std::filesystem::path& file, unsigned line);

}  // namespace peko::code
