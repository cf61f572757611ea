/// ChildStart: how programs start as children of this one.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace peko {

/// Nothing reaches a child by accident: it has the files that it is given and no others (stdin, stdout, stderr and what
/// is below the last one are /dev/null unless given), signals as programs expect them, and a process group of its own,
/// so that Ctrl-C is for whoever started it.
class ChildStart {
 public:
  /// Its file `number` will be `file`, which stays this process's; -1: /dev/null. Each number once.
  ChildStart& give(int number, int file);
  /// Where it runs.
  ChildStart& in_folder(std::filesystem::path folder);
  /// In a session of its own: without this terminal.
  ChildStart& in_own_session();

  /// Starts the program at a path with its words, of which the first is its name, and variables ("NAME=value"). Returns
  /// its pid, to be reaped. Unavailable: it could not be started, in the system's words.
  [[nodiscard]] Result<pid_t> start(const std::filesystem::path& program, std::vector<std::string> words,
                                    std::vector<std::string> environment) const;

 private:
  std::vector<std::pair<int, int>> given_;  // number and file
  std::filesystem::path folder_;
  bool own_session_ = false;
};

/// Waits until a child has ended. Its status as of waitpid.
int reap(pid_t child);

}  // namespace peko
