#include "cli/log_words.hpp"

#include <CLI/CLI.hpp>

#include "cli/setting_values.hpp"

namespace peko::cli {
namespace {

constexpr std::string_view kExamples =
    "Examples:\n"
    "  peko logs api                      what was: requests, what the function printed, where it failed\n"
    "  peko logs api --follow             and what happens from now on, until Ctrl-C\n"
    "  peko logs --errors --since 1h      requests of all functions that failed in the last hour\n"
    "  peko logs --request 019e5b1c-7a2f-7c31-9d3a-2f0c5b7e8a10\n"
    "                                     all about one request: the peko-request-id of its response\n"
    "  PEKO_ADMIN_TOKEN=... peko logs api --admin http://10.0.0.7:7070\n"
    "\n"
    "A node remembers the last requests and lines in memory ([inspect] of peko-node.toml), and each node its own: "
    "with\n"
    "several of them ask each, or collect what they log.\n"
    "\nExit status: 0 success, 1 failed, 2 wrong usage or settings";

CLI::Option* add_text(CLI::App& command, const char* flag, std::string& value, const char* type, const char* help) {
  return command.add_option(flag, value, help)->type_name(type)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

}  // namespace

NamedCommand add_log_command(CLI::App& app, LogWords& words, bool& json) {
  constexpr std::uint64_t kLinesMax = 5000;  // as a node takes it
  CLI::App* logs = app.add_subcommand("logs", "Shows what functions did on a running node");
  logs->add_option("NAME", words.function, "the function; default: all")->type_name("");
  logs->add_flag("--follow,-f", words.follow, "goes on with what happens, until Ctrl-C");
  add_text(*logs, "--admin", words.admin, "URL",
           "the node's admin listener; default: `admin` of the settings, http://127.0.0.1:7070");
  add_text(*logs, "--since", words.since, "TIME", "only the last 30s, 5m, 2h or 1d");
  logs->add_option("--lines", words.lines, "only the last N lines; default: 1000, with --follow 20")
      ->type_name("N")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)
      ->check([](const std::string& text) {
        const Result<std::uint64_t> number = whole_number(text, 1, kLinesMax);
        return number ? std::string() : number.error().message;
      });
  logs->add_flag("--errors", words.errors, "only requests that failed, and where");
  add_text(*logs, "--request", words.request, "ID", "one request, with its phases, what it printed, where it failed");
  logs->add_flag("--json", json, "a JSON object a line, for programs");
  logs->footer(std::string(kExamples));
  return {logs, Command::Logs};
}

}  // namespace peko::cli
