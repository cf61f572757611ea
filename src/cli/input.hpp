/// Input: what a person types or a program sends on stdin.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "cli/terminal.hpp"

namespace peko::cli {

/// One thread at a time. All calls block. The descriptor outlives it.
class Input {
 public:
  explicit Input(int descriptor) : descriptor_(descriptor) {}

  /// Whether a person can be asked.
  [[nodiscard]] bool is_terminal() const;

  /// Everything until the end. Invalid beyond `bytes_max`; Unavailable when it cannot be read.
  [[nodiscard]] Result<std::string> read_all(std::size_t bytes_max) const;

  enum class Echo { Show, Hide };
  /// Asks a person, and returns the line without its end. Unavailable when there is none any more: Ctrl-C while the
  /// line is hidden, or the end of the input. Only on a terminal.
  [[nodiscard]] Result<std::string> ask(Terminal& screen, std::string_view question, Echo echo) const;

 private:
  [[nodiscard]] Result<std::string> read_line(std::size_t bytes_max) const;

  int descriptor_;
};

}  // namespace peko::cli
