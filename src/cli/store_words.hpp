/// The words of the commands around a code store: build, deploy, versions, rollback, gc, delete, secret.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "cli/settings.hpp"

namespace CLI {  // NOLINT(readability-identifier-naming): CLI11's
class App;
}

namespace peko::cli {

/// What was given; each command has some of them.
struct StoreWords {
  std::string path = ".";              ///< build, deploy: a project's folder, its peko.toml, or a .wasm file
  std::string function;                ///< its name; deploy: --name. Empty: not given
  std::string version;                 ///< rollback; empty: the one before the current
  std::string secret;                  ///< secret set, secret remove: its name
  std::vector<std::string> variables;  ///< deploy: --env KEY=VALUE
  std::vector<std::string> admins;     ///< --admin: URLs of nodes that have to confirm a change
  std::string message;                 ///< why, for people
  std::uint32_t weight = 100;          ///< deploy: its share, in percent
  std::size_t keep = 10;               ///< gc: versions of each function
  bool dry_run = false;                ///< deploy, gc
  bool no_build = false;               ///< deploy
  bool no_source_map = false;          ///< deploy
  bool yes = false;                    ///< delete: no question
};

/// A command of the tree that CLI11 reads.
using NamedCommand = std::pair<CLI::App*, Command>;

/// Adds the commands to `app`, without their settings. `words` and `json` outlive the tree.
std::vector<NamedCommand> add_store_commands(CLI::App& app, StoreWords& words, bool& json);

}  // namespace peko::cli
