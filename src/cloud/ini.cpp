#include "cloud/ini.hpp"

#include <fmt/core.h>

#include <cstddef>

#include "base/text.hpp"

namespace peko::cloud {
namespace {

// Up to a '#' or ';' behind white space.
std::string_view without_comment(std::string_view value) {
  for (std::size_t i = 1; i < value.size(); ++i) {
    const bool begins = value[i] == '#' || value[i] == ';';
    if (begins && (value[i - 1] == ' ' || value[i - 1] == '\t')) return trim(value.substr(0, i));
  }
  return trim(value);
}

// "profile   'blue'" -> "profile blue".
std::string section_name(std::string_view text) {
  std::string name;
  for (const char c : trim(text)) {
    if (c == '"' || c == '\'') continue;
    const bool space = c == ' ' || c == '\t';
    if (!space) {
      name += c;
    } else if (!name.ends_with(' ')) {
      name += ' ';
    }
  }
  return name;
}

// What is wrong with the line; empty: nothing.
std::string_view read_line(std::string_view line, std::vector<IniSection>& sections) {
  if (line.starts_with('[')) {
    const std::size_t end = line.find(']');
    if (end == std::string_view::npos) return "a section begins with [ but does not end with ]";
    sections.push_back({.name = section_name(line.substr(1, end - 1)), .values = {}});
    return {};
  }
  const std::size_t equals = line.find('=');
  const std::string_view name = trim(line.substr(0, equals));
  if (equals == std::string_view::npos || name.empty()) return "neither [section] nor name = value";
  if (sections.empty()) return "a value before the first [section]";
  sections.back().values.insert_or_assign(lower_case(name), without_comment(line.substr(equals + 1)));
  return {};
}

}  // namespace

Result<std::vector<IniSection>> parse_ini(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  std::vector<IniSection> sections;
  std::size_t number = 0;
  for (const std::string_view line : split(text, '\n')) {
    ++number;
    if (trim(line).empty() || line.front() == '#' || line.front() == ';') continue;
    if (line.front() == ' ' || line.front() == '\t') continue;
    const std::string_view wrong = read_line(trim(line), sections);
    if (!wrong.empty()) return fail(Code::Invalid, fmt::format("line {}: {}", number, wrong));
  }
  return sections;
}

}  // namespace peko::cloud
