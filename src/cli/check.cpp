#include <fmt/format.h>

#include <algorithm>

#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/store_options.hpp"
#include "code/component_check.hpp"
#include "code/component_file.hpp"

namespace peko::cli {
namespace {

using Style = Terminal::Style;

struct Checked {
  std::uint64_t bytes = 0;
  code::ComponentCheck check;
};

/// What the file is and whether it can run; the error says why there is nothing to look at.
Result<Checked> check_file(const std::filesystem::path& file) {
  const Result<std::string> bytes = code::read_component(file);
  if (!bytes) {
    return fail(bytes.error());
  }
  Result<code::ComponentCheck> check = code::inspect_component(*bytes, code::shown(file));
  if (!check) {
    return fail(std::move(check.error()));
  }
  return Checked{.bytes = bytes->size(), .check = std::move(*check)};
}

std::string_view word_for(engine::Provision provision) {
  switch (provision) {
    case engine::Provision::Provided: return "provided";
    case engine::Provision::OtherVersion: return "version";
    case engine::Provision::Unknown: break;
  }
  return "unknown";
}

std::string as_json(const std::string& file, const Checked& checked) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().key("file").value(file);
  json.key("ok").value(checked.check.problems.empty());
  json.key("bytes").value(checked.bytes).key("imports").begin_array();
  for (const engine::Import& import : checked.check.surface.imports) {
    json.begin_object().key("name").value(import.name).key("status").value(word_for(import.provision));
    if (!import.nearest.empty()) json.key("nearest").value(import.nearest);
    if (const std::string advice = code::advice_for(import); !advice.empty()) json.key("advice").value(advice);
    json.end_object();
  }
  json.end_array().key("exports").begin_array();
  for (const std::string& name : checked.check.surface.exports) {
    json.value(name);
  }
  json.end_array().key("problems").begin_array();
  for (const std::string& problem : checked.check.problems) {
    json.value(problem);
  }
  json.end_array().end_object();
  return text + "\n";
}

/// One line of the table.
std::string row(const Terminal& out, const engine::Import& import, std::size_t width) {
  const bool provided = import.provision == engine::Provision::Provided;
  const std::string word =
      out.styled(provided ? Style::Green : Style::Red, fmt::format("{:<8}", word_for(import.provision)));
  if (provided) {
    return fmt::format("  {}  {}\n", word, printable(import.name));
  }
  return fmt::format("  {}  {:<{}}  {}\n", word, printable(import.name), width, code::advice_for(import));
}

std::string as_text(const Terminal& out, const std::string& file, const Checked& checked) {
  const engine::ComponentSurface& surface = checked.check.surface;
  std::size_t width = 0;
  for (const engine::Import& import : surface.imports) {
    if (import.provision != engine::Provision::Provided) width = std::max(width, import.name.size());
  }
  std::string text = fmt::format("{}: a component of {}\n\n", file, human_bytes(checked.bytes));
  for (const engine::Import& import : surface.imports) {
    text += row(out, import, width);
  }
  for (const std::string& name : surface.exports) {
    text += fmt::format("  {}  {}\n", out.styled(Style::Dim, "export  "), printable(name));
  }
  text += '\n';
  for (const std::string& problem : checked.check.problems) {
    text += fmt::format("{} {}\n", out.styled(Style::Red, "Peko cannot run it:"), printable(problem));
  }
  if (checked.check.problems.empty()) {
    text += out.styled(Style::Green, "Peko can run it.") + "\n";
  }
  return text;
}

}  // namespace

int check(const CommandLine& line, const Context& context) {
  const std::string file = code::shown(line.input);
  const Result<Checked> checked = check_file(line.input);
  if (!checked) {
    return give_up(line, context, checked.error());
  }
  if (line.print_as == PrintAs::Json) {
    context.out.write(as_json(file, *checked));
  } else {
    context.out.write(as_text(context.out, printable(file), *checked));
  }
  return checked->check.problems.empty() ? kExitOk : kExitFailed;
}

}  // namespace peko::cli
