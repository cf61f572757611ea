#include "cli/screen.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <iterator>
#include <vector>

#include "base/text.hpp"

namespace peko::cli {
namespace {

// The terminal cuts what is too wide instead of wrapping it: so a line is one row, whatever its letters are.
constexpr std::string_view kNoWrap = "\x1b[?7l";
constexpr std::string_view kWrap = "\x1b[?7h";
constexpr std::string_view kWipeBelow = "\x1b[J";
/// Of a terminal that does not say how many it has.
constexpr std::size_t kRows = 24;

std::size_t rows_of(const Terminal& terminal) {
  winsize size{};
  return ::ioctl(terminal.descriptor(), TIOCGWINSZ, &size) == 0 && size.ws_row > 0 ? size.ws_row : kRows;
}

}  // namespace

Screen::Screen(Terminal& terminal) : terminal_(terminal) {
  if (terminal_.kind() == Terminal::Kind::Plain) return;
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return;
  log_ = UniqueFd(ends[1]);
  copier_ = std::thread([this, reading = ends[0]] { copy_log(UniqueFd(reading)); });
}

Screen::~Screen() {
  log_.close();
  if (copier_.joinable()) copier_.join();
  set_footer({});
}

void Screen::copy_log(const UniqueFd& lines) {
  std::string text;  // the begin of a line at most, after each turn
  std::array<char, 16'384> piece{};
  for (;;) {
    const ssize_t count = ::read(lines.get(), piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    text.append(piece.data(), static_cast<std::size_t>(count));
    const std::size_t end = text.rfind('\n') + 1;
    if (end == 0) continue;
    print(std::string_view(text).substr(0, end));
    text.erase(0, end);
  }
  if (!text.empty()) print(text + "\n");
}

void Screen::print(std::string_view lines) {
  const std::scoped_lock lock(mutex_);
  show(lines);
}

void Screen::set_footer(std::string lines) {
  const std::scoped_lock lock(mutex_);
  if (footer_ == lines) return;
  footer_ = std::move(lines);
  if (terminal_.kind() != Terminal::Kind::Plain) show({});
}

// In one write, so that nothing flickers: the footer goes, the lines come, the footer comes back.
void Screen::show(std::string_view lines) {
  std::string text;
  if (drawn_lines_ > 1) fmt::format_to(std::back_inserter(text), "\x1b[{}A", drawn_lines_ - 1);
  if (drawn_lines_ > 0) text.append("\r").append(kWipeBelow);
  text += lines;
  drawn_lines_ = 0;
  if (!footer_.empty() && terminal_.kind() != Terminal::Kind::Plain) {
    const std::vector<std::string_view> rows = split(footer_, '\n');
    drawn_lines_ = std::min(rows.size(), std::max<std::size_t>(1, rows_of(terminal_) / 2));
    text += kNoWrap;
    for (std::size_t row = 0; row < drawn_lines_; ++row) text.append(row == 0 ? "" : "\n").append(rows[row]);
    text += kWrap;
  }
  terminal_.write(text);
}

}  // namespace peko::cli
