#include "http/grammar.hpp"

#include <arpa/inet.h>

#include <cstring>
#include <limits>

#include "http/message.hpp"

namespace peko::http {
namespace {

// RFC 1035 bounds names at 255 bytes.
constexpr std::size_t kHostBytesMax = 255;
constexpr std::uint64_t kPortMax = 65535;
constexpr std::size_t kPortDigitsMax = 5;

constexpr std::string_view kHopByHop[] = {"connection", "keep-alive",        "proxy-connection", "te",
                                          "upgrade",    "transfer-encoding", "http2-settings"};

constexpr std::string_view kForbiddenInTrailers[] = {
    "age",
    "authorization",
    "cache-control",
    "content-encoding",
    "content-length",
    "content-range",
    "content-type",
    "cookie",
    "date",
    "expect",
    "expires",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "location",
    "max-forwards",
    "pragma",
    "range",
    "retry-after",
    "proxy-authenticate",
    "proxy-authorization",
    "set-cookie",
    "vary",
    "warning",
    "www-authenticate",
    "authentication-info",
    "proxy-authentication-info",
    "trailer",
};

bool is_ipv6(std::string_view text) {
  char terminated[INET6_ADDRSTRLEN];
  if (text.empty() || text.size() >= sizeof terminated) return false;
  text.copy(terminated, text.size());
  terminated[text.size()] = '\0';
  in6_addr address{};
  return text.find('\0') == std::string_view::npos && inet_pton(AF_INET6, terminated, &address) == 1;
}

template <std::size_t N>
bool contains(const std::string_view (&names)[N], std::string_view name) {
  for (const std::string_view candidate : names) {
    if (candidate.size() == name.size() && iequals(candidate, name)) return true;
  }
  return false;
}

}  // namespace

bool is_field_value(std::string_view text) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHighBits = 0x80 * kOnes;
  // Exact when it says no: then no byte is below 0x20 and none is 0x7f. A tab looks like any other control character.
  const auto may_hold_control = [](std::uint64_t word) {
    const std::uint64_t below_blank = (word - 0x20 * kOnes) & ~word;
    const std::uint64_t not_delete = word ^ (0x7f * kOnes);
    return ((below_blank | ((not_delete - kOnes) & ~not_delete)) & kHighBits) != 0;
  };
  std::size_t at = 0;
  for (; text.size() - at >= sizeof(std::uint64_t); at += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, sizeof word);
    if (may_hold_control(word)) break;
  }
  return all(kValueChar, text.substr(at));
}

bool is_path_and_query(std::string_view text) {
  const std::size_t at = leading(kPathChar, text);
  if (at == text.size()) return true;
  return text[at] == '?' && all(kQueryChar, text.substr(at + 1));
}

std::optional<std::uint64_t> parse_digits(std::string_view text) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
  if (text.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (value > (kMax - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  return value;
}

std::optional<std::string_view> parse_authority(std::string_view text) {
  std::size_t host_end = 0;
  if (!text.empty() && text.front() == '[') {
    const std::size_t bracket = text.find(']');
    if (bracket == std::string_view::npos || !is_ipv6(text.substr(1, bracket - 1))) return std::nullopt;
    host_end = bracket + 1;
  } else {
    host_end = leading(kHostChar, text);
  }
  if (host_end == 0 || host_end > kHostBytesMax) return std::nullopt;
  if (host_end == text.size()) return text;
  if (text[host_end] != ':') return std::nullopt;
  const std::string_view port = text.substr(host_end + 1);
  if (port.empty()) return text.substr(0, host_end);
  if (port.size() > kPortDigitsMax || parse_digits(port).value_or(kPortMax + 1) > kPortMax) return std::nullopt;
  return text;
}

bool is_hop_by_hop(std::string_view name) { return contains(kHopByHop, name); }

bool is_forbidden_in_trailers(std::string_view name) {
  return is_hop_by_hop(name) || contains(kForbiddenInTrailers, name);
}

}  // namespace peko::http
