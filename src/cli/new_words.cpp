#include "cli/new_words.hpp"

#include <CLI/CLI.hpp>
#include <string_view>

#include "scaffold/templates.hpp"

namespace peko::cli {
namespace {

constexpr std::string_view kExamples =
    "Examples:\n"
    "  peko new                            asks for a name and a template\n"
    "  peko new todo-api --template ts     a project in ./todo-api\n"
    "  peko new work/todo-api --template rust --no-git\n"
    "  peko new . --template c --name hi   in this folder, which has to be empty\n"
    "  peko new --list                     all templates\n";

constexpr std::string_view kStatuses = "\nExit status: 0 success, 1 failed, 2 wrong usage or settings";

std::string names_of_templates() {
  std::string names;
  for (const scaffold::Template& each : scaffold::templates()) {
    names.append(names.empty() ? "" : ", ").append(each.name);
  }
  return names;
}

CLI::Option* add_text(CLI::App& command, const char* flag, std::string& value, const char* type,
                      const std::string& help) {
  return command.add_option(flag, value, help)->type_name(type)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

}  // namespace

CLI::App* add_new_command(CLI::App& app, NewWords& words, bool& json) {
  CLI::App* command = app.add_subcommand("new", "Makes a project that builds, runs and tests at once");
  command->add_option("PATH", words.path, "the project's folder, which becomes the function's name too")->type_name("");
  add_text(*command, "--template", words.chosen, "TEMPLATE", "what to start from: " + names_of_templates());
  add_text(*command, "--name", words.function, "NAME", "the function's name in place of the folder's");
  command->add_flag("--no-git", words.no_git, "makes no git repository; nor is one made inside another");
  command->add_flag("--list", words.list, "the templates, and nothing else");
  command->add_flag("--json", json, "one JSON object on stdout, for programs; nothing is asked");
  command->footer(std::string(kExamples).append(kStatuses));
  return command;
}

}  // namespace peko::cli
