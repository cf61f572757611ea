#include "engine/last_words.hpp"

#include <algorithm>
#include <array>
#include <ranges>
#include <vector>

#include "base/text.hpp"

namespace peko::engine {

namespace {

constexpr std::string_view kPanicked = "panicked at ";

// Of a trace, or advice how to get one: what is printed behind the reason.
bool is_trace(std::string_view line) {
  static constexpr std::array<std::string_view, 6> kBegins = {"at ", "note: ", "stack backtrace:", "Stack:", "@", "--"};
  const std::string_view text = trim(line);
  return text.empty() ||
         std::ranges::any_of(kBegins, [&](std::string_view begin) { return text.starts_with(begin); }) ||
         text.find("@file:") != std::string_view::npos;
}

bool is_error(std::string_view line) {
  static constexpr std::array<std::string_view, 3> kNames = {"Error: ", "Exception: ", "exception: "};
  return std::ranges::any_of(kNames, [&](std::string_view name) { return line.find(name) != std::string_view::npos; });
}

// "panicked at src/main.rs:3:5:" with the message on the next line (since Rust 1.73), or all on one line.
std::string panic_of(std::string_view line, std::string_view next) {
  std::string reason(line.substr(line.find(kPanicked)));
  if (reason.ends_with(':')) reason.append(" ").append(trim(next));
  return reason;
}

}  // namespace

void LastWords::add(std::string_view line) {
  text_.append(line.substr(0, kLineBytesMax)).push_back('\n');
  if (text_.size() > 2 * kBytesMax) text_.erase(0, text_.find('\n', text_.size() - kBytesMax) + 1);
}

std::string LastWords::reason() const {
  const std::vector<std::string_view> lines = split(text_, '\n');  // the last one is empty
  for (std::size_t i = lines.size(); i-- > 0;) {
    if (lines[i].find(kPanicked) != std::string_view::npos) return panic_of(lines[i], lines[i + 1]);
  }
  const auto last = [&](auto&& fits) {
    const auto backwards = lines | std::views::reverse;
    const auto found = std::ranges::find_if(backwards, fits);
    return found == backwards.end() ? std::string() : std::string(trim(*found));
  };
  std::string error = last(is_error);
  return error.empty() ? last([](std::string_view line) { return !is_trace(line); }) : error;
}

}  // namespace peko::engine
