/// What `peko new` is told.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace peko::cli {

struct NewWords {
  std::string path;      ///< the project's folder; empty: a person is asked
  std::string chosen;    ///< --template; empty: a person is asked
  std::string function;  ///< --name; empty: as the folder
  bool list = false;     ///< --list
  bool no_git = false;   ///< --no-git
};

/// Adds the command to the tree; what is typed lands in `words` and `json`.
CLI::App* add_new_command(CLI::App& app, NewWords& words, bool& json);

}  // namespace peko::cli
