#include "http/head_scanner.hpp"

#include <algorithm>
#include <optional>

#include "http/grammar.hpp"

namespace peko::http {
namespace {

/// Checks the request line as far as it has arrived.
std::optional<Refusal> check_lengths(std::string_view line, const Limits& limits) {
  // At once, so that a client that speaks TLS to us learns it without waiting.
  if (!line.empty() && !is(kTokenChar, line.front())) {
    return Refusal{Rejection::BadRequest, "the request does not begin with a method"};
  }
  const std::size_t method_end = line.substr(0, kMethodBytesMax + 1).find(' ');
  if (method_end == std::string_view::npos) {
    if (line.size() <= kMethodBytesMax) return std::nullopt;
    const bool token = is_token(line.substr(0, kMethodBytesMax + 1));
    return Refusal{token ? Rejection::NotImplemented : Rejection::BadRequest,
                   "the request does not begin with a method"};
  }
  const std::string_view rest = line.substr(method_end + 1);
  const std::size_t target_bytes = std::min(rest.find(' '), rest.size());
  if (target_bytes > limits.target_bytes_max) return Refusal{Rejection::UriTooLong, "the request target is too long"};
  return std::nullopt;
}

/// Checks that a whole request line ends in a version that we speak.
std::optional<Refusal> check_version(std::string_view line) {
  constexpr std::size_t kVersionBytes = 8;  // of "HTTP/1.1"
  const std::size_t space = line.size() > kVersionBytes ? line.size() - kVersionBytes - 1 : 0;
  const std::string_view version = line.substr(std::min(space + 1, line.size()));
  const bool well_formed = line.size() > kVersionBytes && line[space] == ' ' && version.starts_with("HTTP/") &&
                           is_digit(version[5]) && version[6] == '.' && is_digit(version[7]);
  if (!well_formed) return Refusal{Rejection::BadRequest, "malformed request line"};
  if (version != "HTTP/1.1" && version != "HTTP/1.0")
    return Refusal{Rejection::UnsupportedVersion, "only HTTP/1.0 and HTTP/1.1"};
  return std::nullopt;
}

HeadScanner::Verdict refused(Refusal refusal) { return {HeadScanner::Outcome::Refused, 0, refusal}; }

}  // namespace

HeadScanner::Verdict HeadScanner::scan(std::string_view input, const Limits& limits) {
  for (;;) {
    const std::size_t line_feed = input.find('\n', scanned_);
    const bool whole = line_feed != std::string_view::npos;
    const std::size_t seen = whole ? line_feed + 1 : input.size();
    if (lines_ == 0) {
      // Cut where the head gets too long, so that the limit that is crossed first wins.
      const std::string_view line = input.substr(0, std::min(whole ? line_feed : seen, limits.head_bytes_max));
      if (const auto refusal = check_lengths(line, limits)) return refused(*refusal);
    }
    if (seen > limits.head_bytes_max) return refused({Rejection::HeadersTooLarge, "the head has too many bytes"});
    scanned_ = seen;
    if (!whole) return {};
    if (line_feed == line_begin_ || input[line_feed - 1] != '\r') {
      return refused({Rejection::BadRequest, "line feed without carriage return"});
    }
    const std::size_t line_bytes = line_feed - 1 - line_begin_;
    if (lines_ == 0) {
      if (const auto refusal = check_version(input.substr(0, line_bytes))) return refused(*refusal);
    } else if (line_bytes == 0) {
      return {Outcome::Complete, seen, {}};
    } else if (is_blank(input[line_begin_])) {
      return refused({Rejection::BadRequest, "a field is folded over several lines"});
    } else if (lines_ > limits.field_count_max) {
      return refused({Rejection::HeadersTooLarge, "the head has too many fields"});
    }
    ++lines_;
    line_begin_ = seen;
  }
}

}  // namespace peko::http
