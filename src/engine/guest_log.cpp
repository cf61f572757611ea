#include "engine/guest_log.hpp"

#include <algorithm>
#include <utility>

namespace peko::engine {

std::string_view to_string(Stream stream) {
  switch (stream) {
    case Stream::Stdout: return "stdout";
    case Stream::Stderr: return "stderr";
    case Stream::LogTrace: return "trace";
    case Stream::LogDebug: return "debug";
    case Stream::LogInfo: return "info";
    case Stream::LogWarn: return "warn";
    case Stream::LogError: return "error";
    case Stream::LogCritical: break;
  }
  return "critical";
}

void GuestLog::reset(std::uint32_t bytes_max) {
  for (std::string& text : partial_) text.clear();
  lines_.clear();
  last_words_.clear();
  bytes_left_ = bytes_max;
  cut_ = false;
}

std::string& GuestLog::partial(Stream stream) {
  return partial_[is_logging(stream) ? 2 : std::to_underlying(stream) - std::to_underlying(Stream::Stdout)];
}

void GuestLog::give_out(Stream stream, std::string text) {
  if (stream == Stream::Stderr || stream >= Stream::LogError) last_words_.add(text);
  lines_.push_back({stream, std::move(text)});
}

void GuestLog::flush(Stream stream) {
  if (!partial(stream).empty()) give_out(stream, std::exchange(partial(stream), {}));
}

void GuestLog::append(Stream stream, std::string_view bytes) {
  while (!cut_ && !bytes.empty()) {
    if (bytes_left_ == 0) return cut(stream);
    std::string& text = partial(stream);
    if (bytes.front() == '\n') {
      bytes.remove_prefix(1);
      charge(text.size() < kLineBytesLeast ? kLineBytesLeast - text.size() : 1);
      give_out(stream, std::exchange(text, {}));
      continue;
    }
    if (text.size() == kLineBytesMax) flush(stream);
    const std::size_t end = std::min(bytes.find('\n'), bytes.size());
    const std::size_t taken = std::min({end, kLineBytesMax - text.size(), std::size_t{bytes_left_}});
    text.append(bytes.substr(0, taken));
    charge(taken);
    bytes.remove_prefix(taken);
  }
  if (is_logging(stream)) flush(stream);
}

void GuestLog::charge(std::size_t bytes) {
  bytes_left_ -= static_cast<std::uint32_t>(std::min(bytes, std::size_t{bytes_left_}));
}

void GuestLog::cut(Stream stream) {
  cut_ = true;
  flush(stream);
  finish();
  lines_.push_back(
      {Stream::Stderr, "[the rest of this request's output is cut: over log_kb of the function's [limits]]"});
}

void GuestLog::note(std::string text) {
  if (cut_) return;
  bytes_left_ -= static_cast<std::uint32_t>(std::min<std::size_t>(bytes_left_, text.size()));
  lines_.push_back({Stream::Stderr, std::move(text)});
}

void GuestLog::finish() {
  flush(Stream::Stdout);
  flush(Stream::Stderr);
}

}  // namespace peko::engine
