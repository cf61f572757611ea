#include "cli/command_tree.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "cli/settings.hpp"

namespace peko::cli {
namespace {

/// Settings are collected like flags that repeat, so that the second one can be refused with a better message.
bool repeats(const CLI::Option& flag) {
  const std::string name = "--" + flag.get_lnames().front();
  return flag.get_multi_option_policy() == CLI::MultiOptionPolicy::TakeAll && name != "--config" &&
         std::ranges::find(all_settings(), name, &Setting::flag) == all_settings().end();
}

}  // namespace

CommandWords command_words(const CLI::App& app) {
  CommandWords words{.name = app.get_name(),
                     .about = app.get_description(),
                     .notes = app.get_footer(),
                     .internal = app.get_group().empty(),
                     .arguments = {},
                     .flags = {},
                     .commands = {}};
  if (app.get_parent() == nullptr) words.name.clear();
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional()) {
      words.arguments.push_back({.name = option->get_name(true, false),
                                 .help = option->get_description(),
                                 .required = option->get_required(),
                                 .repeats = option->get_items_expected_max() > 1});
    } else if (!option->get_lnames().empty()) {
      words.flags.push_back({.name = "--" + option->get_lnames().front(),
                             .value = option->get_items_expected_max() == 0 ? "" : option->get_type_name(),
                             .help = option->get_description(),
                             .repeats = repeats(*option)});
    }
  }
  for (const CLI::App* child : app.get_subcommands([](const CLI::App*) { return true; })) {
    words.commands.push_back(command_words(*child));
  }
  return words;
}

}  // namespace peko::cli
