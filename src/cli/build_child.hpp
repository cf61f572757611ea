/// BuildChild: a project's build command that runs.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace peko::cli {

struct BuildPlan {
  std::string command;                   ///< for /bin/sh
  std::filesystem::path folder;          ///< where it runs
  int output = -1;                       ///< where its stdout goes
  int errors = -1;                       ///< where its stderr goes; not this process's stdout
  std::vector<std::string> environment = {};  ///< "NAME=value", beside this process's variables
};

/// It reads nothing (/dev/null), gets none of the operator's secrets and has a process group of its own.
class BuildChild {
 public:
  /// Unavailable: it could not be started.
  static Result<BuildChild> start(const BuildPlan& plan);
  /// Kills what is left of the group, unless end() was called before.
  ~BuildChild();
  BuildChild(BuildChild&& other) noexcept;
  BuildChild& operator=(BuildChild&&) = delete;

  /// Readable when the command itself has ended.
  [[nodiscard]] int descriptor() const { return process_.get(); }
  /// Sends a signal to the whole group.
  void tell(int signal) const { ::kill(-group_, signal); }
  /// Whether a process of the group is left.
  [[nodiscard]] bool group_lives() const { return ::kill(-group_, 0) == 0; }
  /// After it has ended: its status as of waitpid. What else there is of the group stays. Once.
  int end();

 private:
  BuildChild(pid_t pid, UniqueFd process) : group_(pid), pid_(pid), process_(std::move(process)) {}

  pid_t group_;
  pid_t pid_;  // of its leader; 0: it has ended, or somebody else has it
  UniqueFd process_;
};

/// What a status of waitpid means. Invalid: it failed, with its status.
Status judge_build(const BuildPlan& plan, int status);
/// "`make` in api", for messages.
std::string shown_build(const BuildPlan& plan);

}  // namespace peko::cli
