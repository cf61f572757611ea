#include "cli/table.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

namespace peko::cli {
namespace {

/// Bytes of UTF-8 that begin a character.
bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, begins_character));
}

std::chrono::sys_time<std::chrono::milliseconds> to_ms(std::chrono::system_clock::time_point time) {
  return std::chrono::floor<std::chrono::milliseconds>(time);
}

}  // namespace

std::string table(const Terminal& out, const std::vector<std::vector<std::string>>& lines) {
  std::vector<std::size_t> widths;
  for (const auto& cells : lines) {
    widths.resize(std::max(widths.size(), cells.size()));
    for (std::size_t i = 0; i < cells.size(); ++i) widths[i] = std::max(widths[i], width_of(cells[i]));
  }
  std::string text;
  for (std::size_t row = 0; row < lines.size(); ++row) {
    std::string line;
    for (std::size_t i = 0; i < lines[row].size(); ++i) {
      const std::string& cell = lines[row][i];
      line.append("  ").append(printable(cell)).append(widths[i] - width_of(cell), ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += (row == 0 ? out.styled(Terminal::Style::Dim, line) : line) + "\n";
  }
  return text;
}

std::string shown_time(std::chrono::system_clock::time_point time) {
  return fmt::format("{:%Y-%m-%d %H:%MZ}", std::chrono::floor<std::chrono::seconds>(time));
}

std::string iso_time(std::chrono::system_clock::time_point time) {
  const auto ms = to_ms(time).time_since_epoch().count() % 1000;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", std::chrono::floor<std::chrono::seconds>(time), (ms + 1000) % 1000);
}

std::string shown_age(std::chrono::system_clock::time_point time, std::chrono::system_clock::time_point now) {
  const auto age = std::chrono::duration_cast<std::chrono::seconds>(now - time).count();
  if (age < 60) return "just now";
  if (age < 2 * 3600) return fmt::format("{} min ago", age / 60);
  if (age < 48 * 3600) return fmt::format("{} h ago", age / 3600);
  return fmt::format("{} days ago", age / 86'400);
}

std::string shortened(std::string_view text, std::size_t characters_max) {
  const auto end = text.find_first_of("\r\n");
  const bool more_lines = end != std::string_view::npos;
  text = text.substr(0, end);
  std::size_t characters = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (begins_character(text[i]) && ++characters > characters_max) return std::string(text.substr(0, i)) + "...";
  }
  return std::string(text) + (more_lines ? "..." : "");
}

}  // namespace peko::cli
