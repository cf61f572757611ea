/// What the user typed: a command with its flags, or an answer that needs no work (help, version, a usage error).
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cli/command_words.hpp"
#include "cli/log_words.hpp"
#include "cli/new_words.hpp"
#include "cli/settings.hpp"
#include "cli/store_words.hpp"
#include "cli/tool_words.hpp"
#include "edge/dev_channel.hpp"

namespace peko::cli {

/// Exit statuses of every command.
inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;

/// What a command prints data as.
enum class PrintAs : std::uint8_t { Text, Json };

/// What only `dev` is told.
struct DevWords {
  enum class Watch : std::uint8_t { Yes, No } watch = Watch::Yes;
  enum class Open : std::uint8_t { No, Yes } open = Open::No;
  edge::LiveReload live_reload = edge::LiveReload::On;
};

struct CommandLine {
  Command command = Command::Dev;
  std::vector<std::filesystem::path> paths;  ///< dev: where to look for functions; never empty
  DevWords dev;
  std::optional<std::filesystem::path> config;  ///< --config
  Flags flags;                                  ///< by key of the setting, as given
  std::filesystem::path input;                  ///< check, compile-worker, symbolise-worker
  std::filesystem::path output;                 ///< compile-worker
  std::filesystem::path known;                  ///< compile-worker: what was compiled before; empty: nothing is kept
  std::filesystem::path known_next;             ///< compile-worker: for the next time
  std::filesystem::path rehearsal;              ///< compile-worker: what is compiled before the input is there
  node::CompileLimits compile;                  ///< compile-worker: its own limits
  PrintAs print_as = PrintAs::Text;             ///< --json
  std::string hash;                             ///< symbolise-worker: what the input has to be
  std::vector<std::uint32_t> offsets;           ///< symbolise-worker
  NewWords project;                             ///< new
  StoreWords store;                             ///< the commands around a code store
  LogWords logs;                                ///< logs
  ToolWords tool;                               ///< doctor, completion
  std::vector<std::string> words;  ///< complete-words: what was typed after `peko`, the last one unfinished
};

/// What to print instead of running a command.
struct Answer {
  int status;        ///< kExitOk: `text` belongs on stdout; kExitUsage: on stderr
  std::string text;  ///< whole lines
};

/// Reads the arguments after the program's name. `version` is what --version prints.
std::expected<CommandLine, Answer> read_command_line(std::span<const std::string> arguments, std::string_view version);

/// All commands, as read_command_line knows them.
CommandWords all_commands();

}  // namespace peko::cli
