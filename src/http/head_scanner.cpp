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

/// Checks the status line as far as it has arrived, so that another protocol is not waited for.
std::optional<Refusal> check_status_line_begin(std::string_view line) {
  constexpr std::string_view kBegin = "HTTP/1.";
  const std::size_t n = std::min(line.size(), kBegin.size());
  if (line.substr(0, n) != kBegin.substr(0, n)) return Refusal{Rejection::BadRequest, "what answers is not HTTP/1"};
  return std::nullopt;
}

std::optional<Refusal> check_status_line(std::string_view line) {
  if (!parse_status_line(line)) return Refusal{Rejection::BadRequest, "malformed status line"};
  return std::nullopt;
}

HeadScanner::Verdict refused(Refusal refusal) { return {HeadScanner::Outcome::Refused, 0, refusal}; }

}  // namespace

std::optional<StatusLine> parse_status_line(std::string_view line) {
  constexpr std::string_view kShape = "HTTP/1.1 200";
  if (line.size() < kShape.size() || !line.starts_with("HTTP/1.") || (line[7] != '0' && line[7] != '1') ||
      line[8] != ' ') {
    return std::nullopt;
  }
  const auto status = parse_digits(line.substr(9, 3));
  // The space before an empty reason is left out by some servers.
  const std::string_view rest = line.substr(kShape.size());
  if (!status || *status < 100 || (!rest.empty() && rest.front() != ' ') || !is_field_value(rest)) return std::nullopt;
  return StatusLine{line[7] == '1' ? Version::Http11 : Version::Http10, static_cast<unsigned>(*status)};
}

HeadScanner::Verdict HeadScanner::scan(std::string_view input, const Limits& limits) {
  for (;;) {
    const std::size_t line_feed = input.find('\n', scanned_);
    const bool whole = line_feed != std::string_view::npos;
    const std::size_t seen = whole ? line_feed + 1 : input.size();
    if (lines_ == 0) {
      // Cut where the head gets too long, so that the limit that is crossed first wins.
      const std::string_view line = input.substr(0, std::min(whole ? line_feed : seen, limits.head_bytes_max));
      if (const auto refusal =
              start_line_ == StartLine::Request ? check_lengths(line, limits) : check_status_line_begin(line)) {
        return refused(*refusal);
      }
    }
    if (seen > limits.head_bytes_max) return refused({Rejection::HeadersTooLarge, "the head has too many bytes"});
    scanned_ = seen;
    if (!whole) return {};
    if (line_feed == line_begin_ || input[line_feed - 1] != '\r') {
      return refused({Rejection::BadRequest, "line feed without carriage return"});
    }
    const std::size_t line_bytes = line_feed - 1 - line_begin_;
    if (lines_ == 0) {
      const std::string_view line = input.substr(0, line_bytes);
      if (const auto refusal = start_line_ == StartLine::Request ? check_version(line) : check_status_line(line)) {
        return refused(*refusal);
      }
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
