/// From the functions of `dev`, or the code store of `serve`, to a node that runs.
#pragma once

#include <memory>
#include <string_view>

#include "cli/context.hpp"
#include "cli/settings.hpp"
#include "cli/start_view.hpp"
#include "code/folder.hpp"
#include "code/store.hpp"

namespace peko::cli {

/// Starts a node with functions that were found, reports to `view`, and serves until a signal. Returns the exit status:
/// kExitFailed when the node does not start or there were functions and none can answer; kExitUsage when the default
/// function is none of them.
int serve_functions(const Context& context, std::string_view command, const Settings& settings,
                    const code::Found& found, StartView& view, LogSink& log);

/// Starts a node with the functions of a code store, tells the log, and serves until a signal. Returns the exit status:
/// kExitFailed when the node does not start.
int serve_store(const Context& context, const Settings& settings, std::unique_ptr<code::Store> store, LogSink& log);

/// A log to the error stream in the form that the settings ask for.
std::unique_ptr<LogSink> start_log(const Context& context, node::LogFormat format);

/// "127.0.0.1:3000 is in use by another program; choose another port: peko dev --listen 127.0.0.1:3001".
std::string address_in_use(std::string_view command, std::string_view listen);

}  // namespace peko::cli
