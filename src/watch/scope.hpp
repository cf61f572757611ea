/// Scope: which files matter to somebody.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

namespace peko::watch {

/// All paths are absolute and without "." and "..".
struct Scope {
  /// Files, whatever they are called, and folders with all below them but what is ignored. They need not exist.
  std::vector<std::filesystem::path> roots;
  /// Not these, nor what is below them.
  std::vector<std::filesystem::path> except;

  bool operator==(const Scope&) const = default;
};

/// Whether a file or folder of that name, below a root, is nobody's source: what version control, package managers and
/// builds keep (.git, node_modules, target, dist, ...), and what editors write beside the file that they save.
bool is_ignored(std::string_view name);

}  // namespace peko::watch
