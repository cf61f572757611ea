/// Steps: what a command has done so far, a line for each step, and what it is doing now.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "cli/command_line.hpp"
#include "cli/progress.hpp"
#include "cli/terminal.hpp"

namespace peko::cli {

///   + built     cargo build --release          2.1 s
///   + checked   todo.wasm, 1.2 MiB            12 ms
///
/// Says nothing when the output is for programs. One thread. A step that has not ended when it is destroyed leaves
/// nothing on the screen.
class Steps {
 public:
  /// All outlive it.
  Steps(Terminal& out, const Clock& clock, PrintAs print_as);

  /// A step begins; `doing` is shown once it has taken a second, when there is somebody to see it.
  void begin(std::string doing);
  /// The step goes on: another text for it.
  void update(std::string doing);
  /// The step is done, with the time that it took.
  void done(std::string_view what, std::string_view detail);
  /// The step is over and there is something that a person should know about it.
  void warn(std::string_view what, std::string_view detail);
  /// The step is over and not worth a line.
  void drop();
  /// Any text for people, between steps.
  void say(std::string_view text);
  [[nodiscard]] const Terminal& out() const { return out_; }

 private:
  void line(Terminal::Style style, std::string_view mark, std::string_view what, std::string_view detail);

  Terminal& out_;
  const Clock& clock_;
  const bool silent_;
  std::chrono::steady_clock::time_point begun_;
  std::optional<Progress> progress_;  // only during a step: its thread must not outlast it
};

}  // namespace peko::cli
