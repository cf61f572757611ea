/// Paths as people and as the rest of the program want them.
#pragma once

#include <filesystem>
#include <string>

namespace peko::code {

/// As messages show it: relative to the working directory when it is below it and that is not the root.
std::string shown(const std::filesystem::path& file);

/// Absolute and without "." and "..": it stays right when the working directory changes.
std::filesystem::path made_absolute(const std::filesystem::path& path);

}  // namespace peko::code
