/// The grammar of HTTP messages (RFC 9110, RFC 9112, RFC 3986): which bytes may stand where, and which fields mean
/// something to the hop. Stricter than the RFCs where two programs could read the same bytes differently.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace peko::http {

/// ASCII only; other bytes stay as they are.
constexpr char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// One bit per class of characters.
using CharClass = std::uint8_t;
constexpr CharClass kTokenChar = 1;  ///< RFC 9110, 5.6.2
constexpr CharClass kValueChar = 2;  ///< of field values: visible, blank, or not ASCII (obs-text)
constexpr CharClass kPathChar =
    4;  ///< what the `http` crate takes in a path, ASCII only: guests never refuse a target that we accepted
constexpr CharClass kQueryChar = 8;  ///< likewise in a query
constexpr CharClass kHostChar =
    16;  ///< of a registered name or an IPv4 address: RFC 3986 without '%' (which `http` refuses) and ','

constexpr std::array<std::uint8_t, 256> make_char_classes() {
  std::array<std::uint8_t, 256> classes{};
  for (unsigned c = 0; c < 256; ++c) {
    const bool alpha = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool digit = c >= '0' && c <= '9';
    const bool visible = c > ' ' && c < 0x7f;
    const auto one_of = [c](std::string_view set) {
      return c != 0 && c < 0x80 && set.find(static_cast<char>(c)) != std::string_view::npos;
    };
    unsigned bits = 0;
    if (alpha || digit || one_of("!#$%&'*+-.^_`|~")) bits |= kTokenChar;
    if (c == '\t' || (c >= ' ' && c != 0x7f)) bits |= kValueChar;
    if (visible && !one_of("#<>?`")) bits |= kPathChar;
    if (visible && !one_of("\"#<>")) bits |= kQueryChar;
    if (alpha || digit || one_of("-._~!$&'()*+;=")) bits |= kHostChar;
    classes[c] = static_cast<std::uint8_t>(bits);
  }
  return classes;
}
inline constexpr std::array<std::uint8_t, 256> kCharClasses = make_char_classes();

constexpr bool is(CharClass wanted, char c) { return (kCharClasses[static_cast<unsigned char>(c)] & wanted) != 0; }

/// The number of characters at the begin of the text that belong to the class.
constexpr std::size_t leading(CharClass wanted, std::string_view text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  for (; end - at >= 4; at += 4) {
    for (int i = 0; i < 4; ++i) {
      if (!is(wanted, at[i])) return static_cast<std::size_t>(at + i - text.data());
    }
  }
  while (at != end && is(wanted, *at)) ++at;
  return static_cast<std::size_t>(at - text.data());
}

/// Whether every character of the text, which may be empty, belongs to the class.
constexpr bool all(CharClass wanted, std::string_view text) { return leading(wanted, text) == text.size(); }

constexpr bool is_token(std::string_view text) { return !text.empty() && all(kTokenChar, text); }

/// The same as all(kValueChar, text), eight bytes at a time.
bool is_field_value(std::string_view text);

/// A path and query as in an origin-form target.
bool is_path_and_query(std::string_view text);

/// A number of digits only, nothing else, that fits.
std::optional<std::uint64_t> parse_digits(std::string_view text);

/// `host[:port]` checked: a registered name, an IPv4 address or an IPv6 address in brackets, at most 255 bytes; a port
/// of at most 65535. An empty port ("host:") is cut off. Nothing when it is malformed or empty.
std::optional<std::string_view> parse_authority(std::string_view text);

/// Fields that concern one connection only, and those that only the codec may set. The name may have any case.
bool is_hop_by_hop(std::string_view name);

/// Fields that RFC 9110, 6.5.1 keeps out of trailers: framing, routing, conditions, authentication, control, content
/// format.
bool is_forbidden_in_trailers(std::string_view name);

/// Calls `use(item)` for each item of a comma-separated list, without blanks around it; empty items are left out.
template <typename Use>
void for_each_item(std::string_view list, Use use) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    std::string_view item = list.substr(0, comma);
    list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
    while (!item.empty() && is_blank(item.front())) item.remove_prefix(1);
    while (!item.empty() && is_blank(item.back())) item.remove_suffix(1);
    if (!item.empty()) use(item);
  }
}

}  // namespace peko::http
