/// The words of `peko logs`.
#pragma once

#include <cstdint>
#include <string>

#include "cli/store_words.hpp"

namespace peko::cli {

struct LogWords {
  std::string function;     ///< empty: all
  std::string admin;        ///< --admin URL; empty: not given
  std::string since;        ///< --since 5m; empty: not given
  std::string request;      ///< --request ID; empty: not given
  std::uint64_t lines = 0;  ///< --lines; 0: not given
  bool follow = false;
  bool errors = false;
};

/// Adds the command to `app`, without its settings. `words` and `json` outlive the tree.
NamedCommand add_log_command(CLI::App& app, LogWords& words, bool& json);

}  // namespace peko::cli
