/// What the user typed: a command with its flags, or an answer that needs no work (help, version, a usage error).
#pragma once

#include <expected>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cli/settings.hpp"

namespace peko::cli {

/// Exit statuses of every command.
inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;

struct CommandLine {
  Command command = Command::Dev;
  std::vector<std::filesystem::path> paths;     ///< dev: where to look for functions; never empty
  std::optional<std::filesystem::path> config;  ///< dev, serve: --config
  Flags flags;                                  ///< dev, serve: by key of the setting, as given
  std::filesystem::path input;                  ///< compile-worker
  std::filesystem::path output;                 ///< compile-worker
  node::CompileLimits compile;                  ///< compile-worker: its own limits
};

/// What to print instead of running a command.
struct Answer {
  int status;        ///< kExitOk: `text` belongs on stdout; kExitUsage: on stderr
  std::string text;  ///< whole lines
};

/// Reads the arguments after the program's name. `version` is what --version prints.
std::expected<CommandLine, Answer> read_command_line(std::span<const std::string> arguments, std::string_view version);

}  // namespace peko::cli
