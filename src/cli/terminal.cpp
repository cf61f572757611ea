#include "cli/terminal.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>

#include "base/control.hpp"

namespace peko::cli {
namespace {

std::string_view escape_of(Terminal::Style style) {
  switch (style) {
    case Terminal::Style::Bold: return "\x1b[1m";
    case Terminal::Style::Dim: return "\x1b[2m";
    case Terminal::Style::Red: return "\x1b[31m";
    case Terminal::Style::Green: return "\x1b[32m";
    case Terminal::Style::Yellow: return "\x1b[33m";
  }
  return "";
}

std::string_view value_of(const Environment& environment, std::string_view name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string_view() : found->second;
}

}  // namespace

Terminal Terminal::on(std::FILE* stream, const Environment& environment) {
  if (::isatty(::fileno(stream)) == 0 || value_of(environment, "TERM") == "dumb") {
    return {stream, Kind::Plain};
  }
  return {stream, value_of(environment, "NO_COLOR").empty() ? Kind::Coloured : Kind::Interactive};
}

int Terminal::descriptor() const { return ::fileno(stream_); }

void Terminal::write(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stream_);
  std::fflush(stream_);
}

bool Terminal::closed() const {
  pollfd end{.fd = descriptor(), .events = 0, .revents = 0};
  return ::poll(&end, 1, 0) > 0 && (end.revents & (POLLERR | POLLHUP)) != 0;
}

std::string Terminal::styled(Style style, std::string_view text) const {
  if (kind_ != Kind::Coloured) {
    return std::string(text);
  }
  return std::string(escape_of(style)).append(text).append("\x1b[0m");
}

std::string printable(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t control = text.front() == '\n' || text.front() == '\t' ? 0 : control_at(text);
    result += control == 0 ? text.front() : '?';
    text.remove_prefix(std::max<std::size_t>(control, 1));
  }
  return result;
}

}  // namespace peko::cli
