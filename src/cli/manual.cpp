#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/command_line.hpp"
#include "cli/commands.hpp"
#include "cli/table.hpp"

namespace peko::cli {
namespace {

/// Text as mdoc(7) shows it unchanged: no escape, no macro at the start of a line.
std::string plain(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const bool line_begins = result.empty() || result.back() == '\n';
    if (line_begins && (c == '.' || c == '\'')) result += "\\&";
    if (c == '\\') {
      result += "\\e";
    } else if (c == '-') {
      result += "\\-";
    } else {
      result += c;
    }
  }
  return result;
}

/// The argument of a macro: one word, whatever is in it, and no macro's name.
std::string macro_word(std::string_view text) {
  std::string result = "\"\\&";
  for (const char c : plain(text)) c == '"' ? result.append("\\(dq") : result.append(1, c);
  return result + "\"";
}

/// Text as it is laid out, without empty lines at its ends.
std::string literal(std::string_view text) {
  while (text.starts_with('\n')) text.remove_prefix(1);
  while (text.ends_with('\n')) text.remove_suffix(1);
  if (text.empty()) return {};
  return fmt::format(".Bd -literal\n{}\n.Ed\n", plain(text));
}

std::string item(std::string_view head, std::string_view text) {
  return fmt::format(".It {}\n{}\n", macro_word(head), plain(text));
}

std::string synopsis(const CommandWords& command, std::string_view name) {
  std::string text = fmt::format("peko {}", name);
  if (!command.flags.empty()) text += " [FLAGS]";
  for (const ArgumentWords& argument : command.arguments) {
    const std::string_view dots = argument.repeats ? "..." : "";
    text += argument.required ? fmt::format(" {}{}", argument.name, dots) : fmt::format(" [{}{}]", argument.name, dots);
  }
  return text;
}

/// The notes without the line on the exit status, which has a section of its own.
std::string_view notes_of(const CommandWords& command) {
  const std::string_view notes = command.notes;
  return notes.substr(0, notes.rfind("\nExit status:"));
}

void append_command(std::string& page, const CommandWords& command, const std::string& before) {
  if (command.internal) return;
  const std::string name = before + command.name;
  if (command.commands.empty()) {
    page += fmt::format(".Ss {}\n{}.\n", macro_word(synopsis(command, name)), plain(command.about));
    if (!command.arguments.empty() || !command.flags.empty()) {
      page += ".Bl -tag -width Ds\n";
      for (const ArgumentWords& argument : command.arguments) page += item(argument.name, argument.help);
      for (const FlagWords& flag : command.flags) {
        page += item(flag.value.empty() ? flag.name : flag.name + " " + flag.value, flag.help);
      }
      page += ".El\n";
    }
    page += literal(notes_of(command));
  }
  for (const CommandWords& child : command.commands) append_command(page, child, name + " ");
}

std::string settings() {
  std::string text =
      ".Sh ENVIRONMENT\nA flag wins over a variable, a variable over the key in\n.Pa peko\\-node.toml .\n"
      ".Bl -tag -width Ds\n";
  for (const Setting& setting : all_settings()) {
    text += item(fmt::format("{} ({})", setting.environment, setting.key), setting.help);
  }
  return text + item("NO_COLOR", "no colours, when it is not empty") +
         item("XDG_CACHE_HOME", "the local cache is in peko below it; otherwise in ~/.cache/peko") + ".El\n";
}

constexpr std::string_view kFiles =
    ".Sh FILES\n.Bl -tag -width Ds\n"
    ".It Pa peko.toml\na function's manifest: its name, its code, its limits\n"
    ".It Pa peko\\-node.toml\na node's settings; read from the current folder, or where \\-\\-config says\n"
    ".It Pa ~/.cache/peko\nthe local cache: code, compiled functions, a key of its own\n"
    ".El\n";

constexpr std::string_view kExit =
    ".Sh EXIT STATUS\n.Bl -tag -width Ds\n"
    ".It 0\nsuccess\n.It 1\nfailed\n.It 2\nwrong usage or settings\n.El\n";

}  // namespace

int manual(const CommandLine&, const Context& context) {
  const CommandWords peko = all_commands();
  const std::string day = iso_time(context.clock.wall_now()).substr(0, 10);
  std::string page = fmt::format(
      ".Dd {}\n.Dt PEKO 1\n.Os \"peko {}\"\n.Sh NAME\n.Nm peko\n.Nd runs functions in sandboxes of their own\n", day,
      context.build.peko);
  page += ".Sh SYNOPSIS\n.Nm\n.Ar COMMAND\n.Op Ar ARGUMENTS\n";
  page += fmt::format(".Sh DESCRIPTION\n{}\n.Sh COMMANDS\n", plain(peko.about));
  for (const CommandWords& command : peko.commands) append_command(page, command, "");
  page += settings();
  page.append(kFiles).append(kExit);
  page += ".Sh EXAMPLES\n" + literal(notes_of(peko));
  context.out.write(page);
  return kExitOk;
}

}  // namespace peko::cli
