#include "cli/steps.hpp"

#include <fmt/format.h>

#include "cli/dev_view.hpp"

namespace peko::cli {

namespace {

/// As wide as the longest word, "confirmed".
constexpr int kWordWidth = 9;

}  // namespace

Steps::Steps(Terminal& out, const Clock& clock, PrintAs print_as)
    : out_(out), clock_(clock), silent_(print_as == PrintAs::Json), begun_(clock.now()) {}

void Steps::begin(std::string doing) {
  begun_ = clock_.now();
  if (silent_) return;
  progress_.emplace(out_);
  progress_->begin(std::move(doing));
}

void Steps::update(std::string doing) {
  if (progress_) progress_->update(std::move(doing));
}

void Steps::done(std::string_view what, std::string_view detail) { line(Terminal::Style::Green, "+", what, detail); }

void Steps::warn(std::string_view what, std::string_view detail) { line(Terminal::Style::Yellow, "!", what, detail); }

void Steps::drop() { progress_.reset(); }

void Steps::say(std::string_view text) {
  progress_.reset();
  if (!silent_) out_.write(text);
}

void Steps::line(Terminal::Style style, std::string_view mark, std::string_view what, std::string_view detail) {
  progress_.reset();
  if (silent_) return;
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.now() - begun_);
  out_.write(fmt::format("  {} {:<{}}  {}  {}\n", out_.styled(style, mark), what, kWordWidth, printable(detail),
                         out_.styled(Terminal::Style::Dim, shown_duration(took))));
}

}  // namespace peko::cli
