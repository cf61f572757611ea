#include "cli/build_place.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <system_error>
#include <vector>

#include "base/text.hpp"
#include "cli/build_text.hpp"
#include "code/source_excerpt.hpp"

namespace peko::cli {
namespace {

namespace fs = std::filesystem;

/// Further on in a line nobody names a place: it is a file of one line, or data.
constexpr std::size_t kNamedWithinBytes = 1024;
constexpr unsigned kNamesMax = 8;

struct Place {
  std::string file;
  unsigned line = 0;
  unsigned column = 0;
};

/// Reads a number from `text` and removes it; 0: there is none.
unsigned take_number(std::string_view& text) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return 0;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

bool ends_a_name(char c) { return c == ' ' || c == '\t' || c == '"' || c == '\'' || c == '`'; }

/// The file that ends at `mark` in `line`, if there is one: names may hold spaces, so some longer ones are tried too.
std::optional<std::string> file_before(std::string_view line, std::size_t mark, const fs::path& folder) {
  unsigned tried = 0;
  for (std::size_t begin = mark; begin > 0 && tried < kNamesMax; --begin) {
    if (begin != 1 && !ends_a_name(line[begin - 1])) continue;
    tried++;
    const std::size_t from = begin == 1 && !ends_a_name(line[0]) ? 0 : begin;
    const std::string_view name = line.substr(from, mark - from);
    std::error_code ignored;
    if (!name.empty() && fs::is_regular_file(folder / name, ignored)) return std::string(name);
  }
  return std::nullopt;
}

std::optional<Place> place_in(std::string_view line, const fs::path& folder) {
  for (std::size_t mark = line.find_first_of(":("); mark != std::string_view::npos;
       mark = line.find_first_of(":(", mark + 1)) {
    std::string_view rest = line.substr(mark + 1);
    Place place;
    place.line = take_number(rest);
    if (place.line == 0) continue;
    if (line[mark] == ':') {
      if (take(rest, ':')) place.column = take_number(rest);
    } else {
      if (!take(rest, ',')) continue;
      place.column = take_number(rest);
      if (place.column == 0 || !take(rest, ')')) continue;
    }
    if (auto file = file_before(line, mark, folder)) {
      place.file = std::move(*file);
      return place;
    }
  }
  return std::nullopt;
}

bool speaks_of_an_error(std::string_view line) { return lower_case(line).find("error") != std::string::npos; }

/// The first place from the first line on that speaks of an error; else the first place.
std::optional<Place> find_place(const std::vector<std::string_view>& lines, const fs::path& folder) {
  const auto search = [&](auto begin) -> std::optional<Place> {
    for (auto at = begin; at != lines.end(); ++at) {
      if (auto place = place_in(at->substr(0, kNamedWithinBytes), folder)) return place;
    }
    return std::nullopt;
  };
  if (auto place = search(std::ranges::find_if(lines, speaks_of_an_error))) return place;
  return search(lines.begin());
}

/// The first line that speaks of an error, without the mark that esbuild begins with; else the first with any letters.
std::string_view headline(std::string_view message) {
  std::string_view first;
  for (const std::string_view line : split(message, '\n')) {
    const std::string_view text = trim(line);
    if (text.empty()) continue;
    if (speaks_of_an_error(text)) {
      const std::size_t mark = text.find("[ERROR] ");
      return mark == std::string_view::npos ? text : text.substr(mark + 8);
    }
    if (first.empty()) first = text;
  }
  return first;
}

}  // namespace

edge::BuildProblem build_problem(std::string_view output, const fs::path& folder) {
  edge::BuildProblem problem;
  problem.message = shown_output(output, Codes::Drop);
  if (std::optional<Place> place = find_place(split(problem.message, '\n'), folder)) {
    problem.excerpt = shown_output(code::source_excerpt(folder, place->file, place->line), Codes::Drop);
    problem.file = std::move(place->file);
    problem.line = place->line;
    problem.column = place->column;
  }
  return problem;
}

std::string problem_in_a_line(const edge::BuildProblem& problem) {
  const std::string_view what = headline(problem.message);
  if (problem.file.empty() || what.find(fmt::format("{}:{}", problem.file, problem.line)) != std::string_view::npos) {
    return std::string(what);
  }
  return problem.column == 0 ? fmt::format("{}:{}: {}", problem.file, problem.line, what)
                             : fmt::format("{}:{}:{}: {}", problem.file, problem.line, problem.column, what);
}

}  // namespace peko::cli
