/// The commands as data: what help, completion and the manual page show.
#pragma once

#include <string>
#include <vector>

namespace peko::cli {

struct FlagWords {
  std::string name;   ///< "--listen"
  std::string value;  ///< what the help calls its value, "HOST:PORT"; empty: it takes none
  std::string help;
  bool repeats = false;  ///< it may be given more than once
};

struct ArgumentWords {
  std::string name;  ///< "PATH"
  std::string help;
  bool required = false;
  bool repeats = false;
};

/// One command, or `peko` itself, whose name is empty.
struct CommandWords {
  std::string name;   ///< "set"
  std::string about;  ///< one sentence without its end
  std::string notes;  ///< examples, and what else the help says below the flags
  bool internal = false;
  std::vector<ArgumentWords> arguments;
  std::vector<FlagWords> flags;
  std::vector<CommandWords> commands;  ///< in the order of the help
};

}  // namespace peko::cli
