/// The settings of the commands: one table says what each is called in the file, in the environment and as a flag.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "cli/terminal.hpp"
#include "code/limit_table.hpp"
#include "node/config.hpp"

namespace peko::cli {

enum class Command {
  New,
  Dev,
  Serve,
  Check,
  Build,
  Deploy,
  Versions,
  Rollback,
  Collect,  ///< `gc`
  Delete,
  SecretSet,
  SecretList,
  SecretRemove,
  Logs,
  Doctor,
  Completion,
  Man,
  Version,
  CompleteWords,
  CompileWorker,
  SymboliseWorker,
};

/// As it is typed: "secret set".
std::string_view command_name(Command command);

/// All that a command can be told.
struct Settings {
  node::Config node;
  std::string code;            ///< the code store: a folder or a URL; empty: not named
  code::LimitsMax limits_max;  ///< what manifests may ask for
};

struct Setting {
  enum class Kind { Text, Path, Number };
  enum class For { Both, Serve };

  std::string_view key;          ///< in peko-node.toml; "table.key" in a [table]
  std::string_view environment;  ///< PEKO_...
  std::string_view flag;         ///< --...; empty for a secret, which every user of the machine would see
  std::string_view value;        ///< what the help calls the value
  std::string_view help;
  Kind kind;
  For commands;
  /// Sets it from text. Invalid or Unsupported with what is wrong and what is expected.
  Status (*set)(Settings& settings, std::string_view text);
};

/// The table, in the order of the help.
std::span<const Setting> all_settings();

/// Whether a command takes the setting from its flags and from the environment. A file may hold all settings.
bool takes(Command command, const Setting& setting);

/// The setting with this key; null when there is none.
const Setting* find_setting(std::string_view key);

/// What a command does when nobody says otherwise. `err`: the kind of the stream that logs go to.
Settings default_settings(Command command, const Environment& environment, Terminal::Kind err);

/// Flags by key, as given.
using Flags = std::map<std::string, std::string, std::less<>>;

struct Sources {
  Command command;
  std::optional<std::filesystem::path> file;  ///< peko-node.toml; must exist when it is named
  const Environment& environment;
  const Flags& flags;
};

/// Defaults, then the file, then the environment, then the flags: the last one that says something wins. Every value of
/// every source is checked, also one that another overrides. An empty variable says nothing. Errors name FILE:LINE:COL,
/// the variable or the flag.
Result<Settings> merge_settings(Settings defaults, const Sources& sources);

}  // namespace peko::cli
