/// Screen: a terminal on which lines scroll by above a part that stays.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "base/unique_fd.hpp"
#include "cli/terminal.hpp"

namespace peko::cli {

/// Where the terminal is none (a file, a pipe), lines are all there is: the part that stays is not shown. Any thread.
class Screen {
 public:
  /// `terminal` outlives it, and nobody else writes to it meanwhile.
  explicit Screen(Terminal& terminal);
  /// Shows what still comes by log_descriptor(), and takes the footer away.
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  /// Whole lines, above the part that stays.
  void print(std::string_view lines);
  /// What stays below: lines without the last line end; those that do not fit into half of the screen are left out.
  /// Empty: nothing.
  void set_footer(std::string lines);

  /// Whole lines that are written to it appear above the footer, so that a log fits in. -1 when the terminal is none.
  [[nodiscard]] int log_descriptor() const { return log_.get(); }
  [[nodiscard]] const Terminal& terminal() const { return terminal_; }

 private:
  void copy_log(const UniqueFd& lines);
  void show(std::string_view lines);  // under the mutex

  Terminal& terminal_;
  std::mutex mutex_;
  // Under the mutex:
  std::string footer_;
  std::size_t drawn_lines_ = 0;

  UniqueFd log_;
  std::thread copier_;
};

}  // namespace peko::cli
