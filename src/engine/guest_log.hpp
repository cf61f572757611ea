/// GuestLog: what a guest prints during one call, put together to lines.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/last_words.hpp"

namespace peko::engine {

/// Numbered as the bridge does. The last six are levels of wasi:logging.
enum class Stream : std::uint8_t {
  Stdout = 1,
  Stderr,
  LogTrace,
  LogDebug,
  LogInfo,
  LogWarn,
  LogError,
  LogCritical,
};

/// "stdout", "stderr", or the level's name.
std::string_view to_string(Stream stream);
inline bool is_logging(Stream stream) { return stream >= Stream::LogTrace; }

struct GuestLine {
  Stream stream;
  std::string text;  ///< without the line end; may hold any bytes
};

/// Guests print in pieces ("a", "b\n"); a line is given out when its end arrives, when it grows over kLineBytesMax, or
/// at finish(). A message of wasi:logging is whole when it comes. Beyond `bytes_max` of one call everything is dropped,
/// and one line says so.
class GuestLog {
 public:
  static constexpr std::size_t kLineBytesMax = 8192;
  /// What a line counts as when it is shorter: each costs some 140 bytes around its text, and empty lines are as easily
  /// made as bytes.
  static constexpr std::size_t kLineBytesLeast = 64;

  /// Begins a call.
  void reset(std::uint32_t bytes_max);
  void append(Stream stream, std::string_view bytes);
  /// A line of ours, between the guest's.
  void note(std::string text);
  /// Gives out unfinished lines too: the call is over.
  void finish();
  /// What the guest said last on stderr, or logged as an error: whole after finish().
  [[nodiscard]] const LastWords& last_words() const { return last_words_; }
  /// The lines since the last take.
  std::vector<GuestLine> take() { return std::exchange(lines_, {}); }
  [[nodiscard]] bool empty() const { return lines_.empty(); }
  /// Whether this call has printed more than it may.
  [[nodiscard]] bool cut() const { return cut_; }

 private:
  std::string& partial(Stream stream);
  void give_out(Stream stream, std::string text);
  void flush(Stream stream);
  void charge(std::size_t bytes);
  void cut(Stream stream);

  std::array<std::string, 3> partial_;  // of stdout, stderr, and one message of wasi:logging
  std::vector<GuestLine> lines_;
  LastWords last_words_;
  std::uint32_t bytes_left_ = 0;
  bool cut_ = false;
};

}  // namespace peko::engine
