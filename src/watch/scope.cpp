#include "watch/scope.hpp"

#include <algorithm>
#include <array>

namespace peko::watch {
namespace {

// 4913: vim tries by it whether it may write.
constexpr std::array<std::string_view, 17> kNames = {".git",  ".hg",   ".svn",  ".jj",         ".peko",        ".cache",
                                                     ".idea", ".tox",  ".venv", "4913",        "node_modules", "target",
                                                     "dist",  "build", "out",   "__pycache__", ".DS_Store"};
constexpr std::array<std::string_view, 3> kBeginnings = {".#", ".goutputstream-", ".~lock."};
constexpr std::array<std::string_view, 10> kEndings = {"~",         ".swp", ".swo",  ".swx",         ".swpx",
                                                       ".kate-swp", ".tmp", ".part", "___jb_tmp___", "___jb_old___"};

}  // namespace

bool is_ignored(std::string_view name) {
  return std::ranges::find(kNames, name) != kNames.end() ||
         std::ranges::any_of(kBeginnings, [name](std::string_view start) { return name.starts_with(start); }) ||
         std::ranges::any_of(kEndings, [name](std::string_view end) { return name.ends_with(end); }) ||
         (name.size() > 1 && name.starts_with('#') && name.ends_with('#'));  // Emacs
}

}  // namespace peko::watch
