#include "cli/tool_words.hpp"

#include <CLI/CLI.hpp>
#include <string_view>

namespace peko::cli {
namespace {

constexpr std::string_view kDoctorExamples =
    "Examples:\n"
    "  peko doctor                      is this machine fit to write, build and run functions?\n"
    "  peko doctor api                  and for the project in a folder: its settings, its tools, what it built\n"
    "  peko doctor --code /srv/peko     fit for `peko serve` with these settings?\n"
    "\n"
    "Each line is ok, warn (something does not work, or less well) or fail (Peko cannot run), with the command that\n"
    "mends it.\n";

constexpr std::string_view kCompletionExamples =
    "Examples:\n"
    "  eval \"$(peko completion bash)\"                                     in ~/.bashrc\n"
    "  source <(peko completion zsh)                                       in ~/.zshrc, after compinit\n"
    "  peko completion fish > ~/.config/fish/completions/peko.fish\n"
    "\n"
    "Completes commands, flags, values, paths, and the names of the functions, versions and secrets of a store that "
    "is\n"
    "a folder.\n";

constexpr std::string_view kManExamples =
    "Examples:\n"
    "  peko man | man -l -                                  shows it\n"
    "  peko man > /usr/local/share/man/man1/peko.1          installs it\n";

constexpr std::string_view kVersionExamples =
    "Examples:\n"
    "  peko version --json     also the engine's id, which artifacts are made for, and how it was built\n";

constexpr std::string_view kStatuses = "\nExit status: 0 success, 1 failed, 2 wrong usage or settings";

}  // namespace

std::vector<NamedCommand> add_tool_commands(CLI::App& app, ToolWords& words, bool& json) {
  CLI::App* doctor =
      app.add_subcommand("doctor", "Says what is wrong with this machine, and the command that mends it");
  doctor->add_option("PATH", words.path, "a project to look at too: its folder, peko.toml, .wasm or script")
      ->type_name("");
  doctor->add_flag("--json", json, "one JSON object in place of the table");
  doctor->footer(std::string(kDoctorExamples).append(kStatuses));

  CLI::App* completion = app.add_subcommand("completion", "Prints what makes a shell complete peko's commands");
  completion->add_option("SHELL", words.shell, "bash, zsh or fish")
      ->required()
      ->type_name("")
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  completion->footer(std::string(kCompletionExamples).append(kStatuses));

  CLI::App* man = app.add_subcommand("man", "Prints the manual page");
  man->footer(std::string(kManExamples).append(kStatuses));

  CLI::App* version = app.add_subcommand("version", "The versions of Peko and of what it is made of");
  version->add_flag("--json", json, "one JSON object on stdout, for programs");
  version->footer(std::string(kVersionExamples).append(kStatuses));

  return {
      {doctor, Command::Doctor}, {completion, Command::Completion}, {man, Command::Man}, {version, Command::Version}};
}

}  // namespace peko::cli
