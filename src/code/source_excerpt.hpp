/// Source excerpts: the lines of a project's source around a place that somebody names.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace peko::code {

/// The folder of the project that a component or a bundle was made in: the nearest one above it with a manifest; a
/// bundle's, the one around its `.peko`. Empty: there is none.
std::filesystem::path project_of(const std::filesystem::path& built);

/// The lines around `line`, which counts from 1, that one marked: "   9 | a\n> 10 | b\n  11 | c". Empty when there is
/// no such line, when `file` does not lie below `root` or does not look like source: what names it (debug information,
/// a source map, a build's output) may be a stranger's, who has no business in other files. Blocks.
std::string source_excerpt(const std::filesystem::path& root, const std::filesystem::path& file, unsigned line);

}  // namespace peko::code
