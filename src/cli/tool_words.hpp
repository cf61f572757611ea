/// The words of the commands about Peko itself and its machine: doctor, completion, man, version.
#pragma once

#include <string>
#include <vector>

#include "cli/store_words.hpp"

namespace peko::cli {

/// What was given; each command has some of them.
struct ToolWords {
  std::string path;   ///< doctor: a project; empty: none
  std::string shell;  ///< completion: "bash", "zsh" or "fish"
};

/// Adds the commands to `app`, without their settings, which only the first one has: doctor. `words` and `json` outlive
/// the tree.
std::vector<NamedCommand> add_tool_commands(CLI::App& app, ToolWords& words, bool& json);

}  // namespace peko::cli
