/// GuestLog: what a guest prints during one call, put together to lines.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace peko::engine {

enum class Stream : std::uint8_t { Stdout = 1, Stderr = 2 };

struct GuestLine {
  Stream stream;
  std::string text;  ///< without the line end; may hold any bytes
};

/// Guests print in pieces ("a", "b\n"); a line is given out when its end arrives, when it grows over kLineBytesMax, or
/// at finish(). Beyond `bytes_max` of one call everything is dropped, and one line says so.
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
  /// The lines since the last take.
  std::vector<GuestLine> take() { return std::exchange(lines_, {}); }
  [[nodiscard]] bool empty() const { return lines_.empty(); }
  /// Whether this call has printed more than it may.
  [[nodiscard]] bool cut() const { return cut_; }

 private:
  std::string& partial(Stream stream) { return partial_[stream == Stream::Stdout ? 0 : 1]; }
  void flush(Stream stream);
  void charge(std::size_t bytes);
  void cut();

  std::array<std::string, 2> partial_;
  std::vector<GuestLine> lines_;
  std::uint32_t bytes_left_ = 0;
  bool cut_ = false;
};

}  // namespace peko::engine
