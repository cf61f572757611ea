/// What `dev` and `serve` have in common: from functions that were found to a node that runs.
#pragma once

#include <string_view>

#include "cli/context.hpp"
#include "cli/settings.hpp"
#include "cli/start_view.hpp"
#include "code/folder.hpp"

namespace peko::cli {

/// Starts a node with the functions, reports to `view`, and serves until a signal. Returns the exit status: kExitFailed
/// when the node does not start or there were functions and none can answer; kExitUsage when the default function is
/// none of them.
int serve_functions(const Context& context, std::string_view command, const Settings& settings,
                    const code::Found& found, StartView& view, LogSink& log);

/// A log to the error stream in the form that the settings ask for.
std::unique_ptr<LogSink> start_log(const Context& context, node::LogFormat format);

/// "127.0.0.1:3000 is in use by another program; choose another port: peko dev --listen 127.0.0.1:3001".
std::string address_in_use(std::string_view command, std::string_view listen);

}  // namespace peko::cli
