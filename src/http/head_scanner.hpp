/// HeadScanner: finds the end of a head while it arrives, and refuses early what can only get worse.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "http/exchange.hpp"
#include "http/limits.hpp"
#include "http/message.hpp"

namespace peko::http {

/// Methods of more bytes are refused. The longest registered one, UPDATEREDIRECTREF, has 17.
inline constexpr std::size_t kMethodBytesMax = 32;

/// A refusal: the kind and a static text for people.
struct Refusal {
  Rejection rejection = Rejection::BadRequest;
  std::string_view detail;
};

/// What a head begins with.
enum class StartLine : std::uint8_t { Request, Status };

/// "HTTP/1.1 200" is well-formed, a reason may follow; else nothing. The status is 100 to 999.
struct StatusLine {
  Version version = Version::Http11;
  unsigned status = 0;
};
std::optional<StatusLine> parse_status_line(std::string_view line);

/// Looks at line ends, at limits and at the shape of the first line; the rest is the head reader's. Each verdict hangs
/// on one byte of the input and everything before it, so the way the input was cut does not matter.
class HeadScanner {
 public:
  enum class Outcome : std::uint8_t { NeedMore, Complete, Refused };
  struct Verdict {
    Outcome outcome = Outcome::NeedMore;
    std::size_t head_bytes = 0;  ///< Complete: up to and with the empty line
    Refusal refusal;             ///< Refused
  };

  explicit HeadScanner(StartLine start_line) : start_line_(start_line) {}

  /// `input` begins with the first line's first byte; each call repeats the bytes of the call before, and more.
  Verdict scan(std::string_view input, const Limits& limits);
  void reset() { *this = HeadScanner(start_line_); }
  /// Whether it has seen a byte since reset().
  [[nodiscard]] bool started() const { return scanned_ > 0; }

 private:
  StartLine start_line_;
  std::size_t line_begin_ = 0;
  std::size_t scanned_ = 0;  // no line feed that is not accounted for before this offset
  std::size_t lines_ = 0;    // complete ones, the first one included
};

}  // namespace peko::http
