#include "cli/input.hpp"

#include <gtest/gtest.h>
#include <pty.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "base/unique_fd.hpp"
#include "cli/captured.hpp"

namespace peko::cli {
namespace {

/// Both ends of a pseudo terminal: what is typed at one comes out of the other.
struct Pty {
  Pty() {
    int keyboard_end = -1;
    int program_end = -1;
    EXPECT_EQ(::openpty(&keyboard_end, &program_end, nullptr, nullptr, nullptr), 0);
    keyboard = UniqueFd(keyboard_end);
    program = UniqueFd(program_end);
  }
  void type(std::string_view keys) const {
    EXPECT_EQ(::write(keyboard.get(), keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
  }
  [[nodiscard]] bool echoes() const {
    termios now{};
    EXPECT_EQ(::tcgetattr(program.get(), &now), 0);
    return (now.c_lflag & ECHO) != 0;
  }
  UniqueFd keyboard;
  UniqueFd program;
};

/// The descriptor of a pipe that holds `bytes` and ends.
UniqueFd pipe_with(std::string_view bytes) {
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe(ends.data()), 0);
  const UniqueFd writing(ends[1]);
  EXPECT_EQ(::write(writing.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  return UniqueFd(ends[0]);
}

TEST(Input, OfAProgramIsReadToItsEndWithinABound) {
  const UniqueFd some = pipe_with("two\nlines");
  EXPECT_FALSE(Input(some.get()).is_terminal());
  EXPECT_EQ(Input(some.get()).read_all(9), "two\nlines");
  const UniqueFd many = pipe_with("0123456789");
  EXPECT_EQ(Input(many.get()).read_all(9).error().code, Code::Invalid);
}

TEST(Input, OfAPersonIsALine) {
  const Pty pty;
  Captured screen;
  pty.type("yes\nmore\n");
  EXPECT_EQ(Input(pty.program.get()).ask(screen.terminal(), "sure? ", Input::Echo::Show), "yes");
  EXPECT_EQ(screen.text(), "sure? ");
}

TEST(Input, ThatEndsIsNoAnswer) {
  const Pty pty;
  Captured screen;
  pty.type("\x04");
  EXPECT_EQ(Input(pty.program.get()).ask(screen.terminal(), "sure? ", Input::Echo::Show).error().code,
            Code::Unavailable);
}

/// Types once the terminal is hidden: what was typed before is dropped, as nobody saw the question.
Result<std::string> ask_hidden(std::string_view keys, Pty& pty, Captured& screen) {
  const std::jthread person([&pty, keys](const std::stop_token& stop) {
    while (!stop.stop_requested() && pty.echoes()) std::this_thread::yield();
    if (!stop.stop_requested()) pty.type(keys);
  });
  return Input(pty.program.get()).ask(screen.terminal(), "value: ", Input::Echo::Hide);
}

TEST(Input, ThatIsHiddenCanBeCorrectedAndTheTerminalIsAsBefore) {
  Pty pty;
  Captured screen;
  EXPECT_EQ(ask_hidden("wrong\x15pas\x7fs w\xc3\xb6rd\n", pty, screen), "pas w\xc3\xb6rd");
  EXPECT_TRUE(pty.echoes());
  EXPECT_EQ(screen.text(), "value: \n");
}

TEST(Input, ThatIsHiddenEndsWithCtrlCAndTheTerminalIsAsBefore) {
  Pty pty;
  Captured screen;
  EXPECT_EQ(ask_hidden("half\x03", pty, screen).error().code, Code::Unavailable);
  EXPECT_TRUE(pty.echoes());
}

}  // namespace
}  // namespace peko::cli
