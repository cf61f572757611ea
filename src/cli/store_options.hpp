/// What the commands around a code store have in common: their settings, the store, who does it, how they end.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "cli/command_line.hpp"
#include "cli/context.hpp"
#include "cli/settings.hpp"
#include "code/publisher.hpp"
#include "code/store.hpp"

namespace peko::cli {

/// Defaults, file, environment, flags. Every command but `dev` reads ./peko-node.toml when --config names no other.
Result<Settings> settings_of(const CommandLine& line, const Context& context);

/// A command's settings and the store that they name.
struct OpenedStore {
  Settings settings;
  std::unique_ptr<code::Store> store;
};

/// The error is the exit status; what is wrong has been said.
std::expected<OpenedStore, int> open_store(const CommandLine& line, const Context& context);

/// Says on the error stream what is wrong, a line for each mistake, each with the command's name in front. Returns
/// `status`.
int give_up(const CommandLine& line, const Context& context, std::string_view why, int status = kExitFailed);

/// As give_up; with --json, programs get {"ok":false,"problems":[...]} on stdout instead.
int give_up_as_asked(const CommandLine& line, const Context& context, std::string_view why);

/// Who changes something: "user@host", and the --message.
code::Reason reason_of(const CommandLine& line, const Context& context);

/// The flags that lead another command to the same store: " --code /srv/peko", or nothing when it was not named by
/// flags.
std::string same_store(const CommandLine& line);

}  // namespace peko::cli
