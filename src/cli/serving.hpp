/// From the code store of `serve` to a node that runs, and what `dev` has in common with it.
#pragma once

#include <memory>
#include <string_view>

#include "cli/context.hpp"
#include "cli/settings.hpp"
#include "code/store.hpp"

namespace peko::cli {

/// Starts a node with the functions of a code store, tells the log, and serves until a signal. Returns the exit status:
/// kExitFailed when the node does not start.
int serve_store(const Context& context, const Settings& settings, std::unique_ptr<code::Store> store, LogSink& log);

/// A log to `descriptor` in the form that the settings ask for and the error stream can show.
std::unique_ptr<LogSink> start_log(const Context& context, node::LogFormat format, int descriptor);

/// "127.0.0.1:3000 is in use by another program; choose another port: peko dev --listen 127.0.0.1:3001".
std::string address_in_use(std::string_view command, std::string_view listen);

}  // namespace peko::cli
