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

/// What a command says that cannot go on, and the status that it ends with. People: on the error stream, a line for
/// each mistake, each with the command's name in front. Programs (--json): failure_json on stdout.
int give_up(const CommandLine& line, const Context& context, const Error& error, int status = kExitFailed);
/// The same where no Error is behind it.
int give_up(const CommandLine& line, const Context& context, std::string_view why, int status = kExitFailed);

/// {"ok":false,"error":{"code":"...","message":"..."}}, a line. The code says what a program can do about it: "usage"
/// with status 2, else the name of the Error's Code, or "failed".
std::string failure_json(std::string_view code, std::string_view message);

/// Who changes something: "user@host", and the --message.
code::Reason reason_of(const CommandLine& line, const Context& context);

/// The flags that lead another command to the same store: " --code /srv/peko", or nothing when it was not named by
/// flags.
std::string same_store(const CommandLine& line);

}  // namespace peko::cli
