#include "cli/build_text.hpp"

#include <algorithm>

#include "base/control.hpp"

namespace peko::cli {
namespace {

constexpr char kEscape = '\x1b';

bool is_final(char c) { return c >= 0x40 && c <= 0x7e; }

/// The length of the code at the begin of `text`, which is an escape character.
std::size_t code_length(std::string_view text) {
  if (text.size() < 2) return text.size();
  if (text[1] == '[') {  // CSI: parameters, then a final byte
    const auto* const end = std::ranges::find_if(text.substr(2), is_final);
    return std::min<std::size_t>(static_cast<std::size_t>(end - text.begin()) + 1, text.size());
  }
  if (text[1] == ']' || text[1] == 'P' || text[1] == '_' || text[1] == '^') {  // a string, to BEL or ESC backslash
    const std::size_t bell = text.find('\a');
    const std::size_t end = text.find("\x1b\\", 2);
    return std::min({bell == std::string_view::npos ? text.size() : bell + 1,
                     end == std::string_view::npos ? text.size() : end + 2});
  }
  return 2;
}

bool is_colour(std::string_view code) {
  return code.size() > 2 && code[1] == '[' && code.ends_with('m') &&
         std::ranges::all_of(code.substr(2, code.size() - 3),
                             [](char c) { return (c >= '0' && c <= '9') || c == ';' || c == ':'; });
}

}  // namespace

std::string shown_output(std::string_view text, Codes codes) {
  std::string out;
  std::size_t line = 0;  // where the line begins
  while (!text.empty()) {
    const char c = text.front();
    if (c == kEscape) {
      const std::size_t length = code_length(text);
      if (codes == Codes::KeepColours && is_colour(text.substr(0, length))) out += text.substr(0, length);
      text.remove_prefix(length);
      continue;
    }
    const std::size_t control = control_at(text);
    text.remove_prefix(std::max<std::size_t>(control, 1));
    if (c == '\r') {
      if (!text.starts_with('\n') && !text.empty()) out.resize(line);
    } else if (c == '\n') {
      out += c;
      line = out.size();
    } else if (c == '\t' || control == 0) {
      out += c;
    }
  }
  return out;
}

void BuildOutput::append(std::string_view text) {
  text_ += text;
  if (text_.size() <= 2 * kBytesMax) return;
  std::string_view rest = std::string_view(text_).substr(text_.size() - kBytesMax);
  // At a line, unless the lines are so long that little would be left.
  if (const std::size_t line = rest.find('\n'); line < kBytesMax / 2) rest.remove_prefix(line + 1);
  text_ = "[...]\n" + std::string(rest);
}

std::string BuildOutput::take_lines() {
  const std::size_t whole = text_.rfind('\n') + 1;
  std::string lines = text_.substr(0, whole);
  text_.erase(0, whole);
  return lines;
}

}  // namespace peko::cli
