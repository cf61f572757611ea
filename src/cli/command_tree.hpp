/// From the tree that CLI11 reads to the commands as data.
#pragma once

#include "cli/command_words.hpp"

namespace CLI {  // NOLINT(readability-identifier-naming): CLI11's
class App;
}

namespace peko::cli {

/// A command with all that are below it.
CommandWords command_words(const CLI::App& app);

}  // namespace peko::cli
