#include "node/failed_source.hpp"

#include <charconv>
#include <optional>
#include <string_view>

#include "code/source_excerpt.hpp"

namespace peko::node {

namespace {

// Frames of libraries come before those of the project; beyond that many nobody looks.
constexpr std::size_t kFramesMax = 32;

struct Place {
  std::string_view file;
  unsigned line;
};

// Takes ":12" from the end.
std::optional<unsigned> take_number(std::string_view& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data() + colon + 1, text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  text.remove_suffix(text.size() - colon);
  return number;
}

// "take at src/stock.rs:12:5", "at src/stock.rs:12".
std::optional<Place> place_in(std::string_view frame) {
  const std::size_t at = frame.starts_with("at ") ? 0 : frame.rfind(" at ");
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view file = frame.substr(at == 0 ? 3 : at + 4);
  const std::optional<unsigned> last = take_number(file);
  if (!last) return std::nullopt;
  const std::optional<unsigned> before = take_number(file);
  return Place{.file = file, .line = before.value_or(*last)};
}

}  // namespace

edge::SourceExcerpt failed_source(const std::filesystem::path& project, const std::vector<std::string>& frames) {
  for (std::size_t i = 0; i < frames.size() && i < kFramesMax; ++i) {
    const std::optional<Place> place = place_in(frames[i]);
    if (!place || place->file.find("node_modules/") != std::string_view::npos) continue;
    std::string text = code::source_excerpt(project, place->file, place->line);
    if (text.empty()) continue;
    const std::filesystem::path file = place->file;
    const std::filesystem::path shown = file.is_absolute() ? file.lexically_relative(project) : file;
    return {.place = shown.string() + ':' + std::to_string(place->line), .text = std::move(text)};
  }
  return {};
}

}  // namespace peko::node
