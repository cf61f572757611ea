#include "cli/progress.hpp"

#include <fmt/format.h>

namespace peko::cli {
namespace {

/// To the first column, and everything from there on wiped.
constexpr std::string_view kWipe = "\r\x1b[K";

}  // namespace

Progress::Progress(Terminal& terminal, std::chrono::milliseconds patience) : terminal_(terminal), patience_(patience) {
  if (terminal_.kind() != Terminal::Kind::Plain) {
    thread_ = std::jthread([this](const std::stop_token& stop) { draw_until_stopped(stop); });
  }
}

Progress::~Progress() { end(); }

void Progress::begin(std::string step) {
  const std::scoped_lock lock(mutex_);
  step_ = std::move(step);
  begun_ = std::chrono::steady_clock::now();
  changed_.notify_all();
}

void Progress::update(std::string step) {
  const std::scoped_lock lock(mutex_);
  if (!step_.empty()) step_ = std::move(step);
}

void Progress::end() {
  const std::scoped_lock lock(mutex_);
  step_.clear();
  if (drawn_) {
    terminal_.write(kWipe);
    drawn_ = false;
  }
  changed_.notify_all();
}

void Progress::draw_until_stopped(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    if (!changed_.wait(lock, stop, [this] { return !step_.empty(); })) {
      return;
    }
    const auto begun = begun_;
    auto next = begun + patience_;
    const auto over = [this, begun] { return step_.empty() || begun_ != begun; };
    while (!changed_.wait_until(lock, stop, next, over) && !stop.stop_requested()) {
      const auto elapsed = std::chrono::steady_clock::now() - begun;
      terminal_.write(std::string(kWipe) + terminal_.styled(Terminal::Style::Dim, progress_line(step_, elapsed)));
      drawn_ = true;
      next += std::chrono::seconds(1);
    }
  }
}

std::string progress_line(std::string_view step, std::chrono::steady_clock::duration elapsed) {
  return fmt::format("  {}, {} s", step, std::chrono::duration_cast<std::chrono::seconds>(elapsed).count());
}

}  // namespace peko::cli
