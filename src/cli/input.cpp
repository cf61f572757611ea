#include "cli/input.hpp"

#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/text.hpp"

namespace peko::cli {
namespace {

/// Longer than anybody types.
constexpr std::size_t kLineBytesMax = 64U << 10;

constexpr char kInterrupt = 0x03;   // Ctrl-C
constexpr char kEndOfInput = 0x04;  // Ctrl-D
constexpr char kWipeLine = 0x15;    // Ctrl-U
constexpr char kDelete = 0x7f;
constexpr char kBackspace = 0x08;

std::unexpected<Error> nothing_typed() { return fail(Code::Unavailable, "nothing was typed: nothing has changed"); }

/// One byte; nothing at the end.
Result<std::optional<char>> read_byte(int descriptor) {
  char byte = 0;
  ssize_t count = 0;
  do {
    count = ::read(descriptor, &byte, 1);
  } while (count < 0 && errno == EINTR);
  if (count < 0) return fail(Code::Unavailable, fmt::format("reading stdin: {}", std::strerror(errno)));
  return count == 0 ? std::optional<char>() : std::optional(byte);
}

/// While it lives, the terminal shows nothing of what is typed and hands it over byte by byte: Ctrl-C too, so that it
/// cannot end the process with the echo off.
class Hidden {
 public:
  explicit Hidden(int descriptor) : descriptor_(descriptor), changed_(::tcgetattr(descriptor, &before_) == 0) {
    if (!changed_) return;
    termios hidden = before_;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON | ISIG);
    changed_ = ::tcsetattr(descriptor, TCSAFLUSH, &hidden) == 0;
  }
  ~Hidden() {
    if (changed_) ::tcsetattr(descriptor_, TCSAFLUSH, &before_);
  }
  Hidden(const Hidden&) = delete;
  Hidden& operator=(const Hidden&) = delete;

 private:
  int descriptor_;
  termios before_{};
  bool changed_;
};

Result<std::string> read_hidden_line(int descriptor) {
  const Hidden hidden(descriptor);
  std::string line;
  for (;;) {
    const Result<std::optional<char>> byte = read_byte(descriptor);
    if (!byte) return fail(byte.error());
    if (!*byte || **byte == kInterrupt || (**byte == kEndOfInput && line.empty())) return nothing_typed();
    const char c = **byte;
    if (c == '\n' || c == '\r' || c == kEndOfInput) return line;
    if (c == kWipeLine) {
      line.clear();
    } else if (c == kDelete || c == kBackspace) {
      if (!line.empty()) line.pop_back();
    } else if (line.size() < kLineBytesMax) {
      line.push_back(c);
    }
  }
}

}  // namespace

bool Input::is_terminal() const { return ::isatty(descriptor_) == 1; }

Result<std::string> Input::read_all(std::size_t bytes_max) const {
  std::string bytes;
  std::array<char, 4096> piece{};
  for (;;) {
    const ssize_t count = ::read(descriptor_, piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(Code::Unavailable, fmt::format("reading stdin: {}", std::strerror(errno)));
    if (count == 0) return bytes;
    bytes.append(piece.data(), static_cast<std::size_t>(count));
    if (bytes.size() > bytes_max) {
      return fail(Code::Invalid, fmt::format("stdin has more than {}", human_bytes(bytes_max)));
    }
  }
}

Result<std::string> Input::read_line(std::size_t bytes_max) const {
  std::string line;
  for (;;) {
    const Result<std::optional<char>> byte = read_byte(descriptor_);
    if (!byte) return fail(byte.error());
    if (!*byte && line.empty()) return nothing_typed();
    if (!*byte || **byte == '\n') return line;
    if (line.size() < bytes_max) line.push_back(**byte);
  }
}

Result<std::string> Input::ask(Terminal& screen, std::string_view question, Echo echo) const {
  screen.write(question);
  Result<std::string> line = echo == Echo::Show ? read_line(kLineBytesMax) : read_hidden_line(descriptor_);
  if (echo == Echo::Hide || !line) screen.write("\n");
  return line;
}

}  // namespace peko::cli
