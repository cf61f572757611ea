/// The last step of a command that changes what is deployed: until the nodes that --admin names have it.
#pragma once

#include <string>
#include <vector>

#include "base/json.hpp"
#include "cli/command_line.hpp"
#include "cli/context.hpp"
#include "cli/node_admin.hpp"
#include "cli/settings.hpp"
#include "cli/steps.hpp"

namespace peko::cli {

/// The --admin URLs in their form. Invalid.
Result<std::vector<std::string>> admin_urls(const CommandLine& line);

/// Waits for all of `urls`, says how it went, and returns it: a problem undoes nothing. Nothing happens without URLs.
std::vector<Confirmation> confirm(Steps& steps, const Context& context, const Settings& settings,
                                  const std::vector<std::string>& urls, const Awaited& awaited);

/// kExitOk when all have it.
int status_of(const std::vector<Confirmation>& confirmations);

/// Appends the member "nodes".
void append_nodes(JsonWriter& json, const std::vector<Confirmation>& confirmations);

}  // namespace peko::cli
