/// One line that shows that something long is going on, when somebody can see it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "cli/terminal.hpp"

namespace peko::cli {

/// Draws "compiling ssr, 3 s" once a step has taken longer than `patience`, redraws it each second and wipes it when
/// the step ends. Writes nothing when the terminal is plain.
///
/// begin(), end() and the terminal belong to one thread; a thread of its own draws, and only between begin() and end().
class Progress {
 public:
  explicit Progress(Terminal& terminal, std::chrono::milliseconds patience = std::chrono::seconds(1));
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void begin(std::string step);
  /// Another text for the step that is going on, from the next drawing on.
  void update(std::string step);
  /// The line is gone when this returns. Nothing happens when no step has begun.
  void end();

 private:
  void draw_until_stopped(const std::stop_token& stop);

  Terminal& terminal_;
  const std::chrono::milliseconds patience_;

  std::mutex mutex_;  // guards everything down to the thread
  std::condition_variable_any changed_;
  std::string step_;  // empty: nothing is going on
  std::chrono::steady_clock::time_point begun_;
  bool drawn_ = false;

  std::jthread thread_;  // last: the others outlive it
};

/// The text of the line, without any movement of the cursor.
std::string progress_line(std::string_view step, std::chrono::steady_clock::duration elapsed);

}  // namespace peko::cli
