#include "cli/new_questions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.hpp"

namespace peko::cli {
namespace {

using Style = Terminal::Style;

/// The template that an answer names; null when it is none. Nothing typed is the first one.
const scaffold::Template* template_for(std::string_view answer) {
  const std::span<const scaffold::Template> all = scaffold::templates();
  if (answer.empty()) return &all.front();
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(answer.begin(), answer.end(), number);
  if (error == std::errc() && end == answer.end()) {
    return number >= 1 && number <= all.size() ? &all[number - 1] : nullptr;
  }
  return scaffold::find_template(answer);
}

}  // namespace

Result<std::string> ask_path(const Input& in, Terminal& screen) {
  for (;;) {
    const Result<std::string> typed = in.ask(screen, "  Name (or path) of the function: ", Input::Echo::Show);
    if (!typed) return fail(typed.error());
    std::string path(trim(*typed));
    if (path.empty()) continue;
    const Result<scaffold::Names> names = scaffold::names_of(path);
    if (names) return path;
    screen.write(fmt::format("  {} {}\n", screen.styled(Style::Yellow, "!"), printable(names.error().message)));
  }
}

Result<const scaffold::Template*> ask_template(const Input& in, Terminal& screen) {
  screen.write(listed_templates(screen, Numbers::Show));
  for (;;) {
    const Result<std::string> typed = in.ask(screen, "  Template (number or name) [1]: ", Input::Echo::Show);
    if (!typed) return fail(typed.error());
    if (const scaffold::Template* chosen = template_for(trim(*typed)); chosen != nullptr) return chosen;
    screen.write(
        fmt::format("  {} there is no template \"{}\"\n", screen.styled(Style::Yellow, "!"), printable(trim(*typed))));
  }
}

std::string listed_templates(const Terminal& screen, Numbers numbers) {
  std::size_t names = 0;
  std::size_t languages = 0;
  for (const scaffold::Template& each : scaffold::templates()) {
    names = std::max(names, each.name.size());
    languages = std::max(languages, each.language.size());
  }
  std::string text;
  int number = 0;
  for (const scaffold::Template& each : scaffold::templates()) {
    ++number;
    const std::string before = numbers == Numbers::Show ? fmt::format("{:>2}  ", number) : "";
    text += fmt::format("  {}{}  {}  {}\n", before, screen.styled(Style::Bold, fmt::format("{:<{}}", each.name, names)),
                        screen.styled(Style::Dim, fmt::format("{:<{}}", each.language, languages)), each.about);
  }
  return text;
}

}  // namespace peko::cli
