#include "net/host.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace peko::net {
namespace {

constexpr std::size_t kLabelMax = 63;  // RFC 1035, section 2.3.4
constexpr std::size_t kNameMax = 253;  // the same: 255 octets on the wire

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }

bool is_label(std::string_view text) {
  return !text.empty() && text.size() <= kLabelMax && text.front() != '-' && text.back() != '-' &&
         std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-'; });
}

// A name whose last label is a number is what the URL standard (WHATWG, "ends in a number") and inet_aton take for an
// IPv4 address.
bool ends_in_a_number(std::string_view name) {
  const std::string_view last = name.substr(name.rfind('.') + 1);
  return std::ranges::all_of(last, is_digit) || (last.starts_with("0x") && std::ranges::all_of(last.substr(2), is_hex));
}

}  // namespace

bool is_dns_name(std::string_view text) {
  return text.size() <= kNameMax && std::ranges::all_of(split(text, '.'), is_label);
}

std::optional<Host> Host::parse(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) {
    const std::string inner(text.substr(1, text.size() - 2));
    in6_addr address{};
    // inet_pton would stop at a zero byte.
    if (inner.contains('\0') || ::inet_pton(AF_INET6, inner.c_str(), &address) != 1) return std::nullopt;
    std::array<char, INET6_ADDRSTRLEN> canonical{};
    ::inet_ntop(AF_INET6, &address, canonical.data(), canonical.size());
    return Host(Kind::V6, canonical.data());
  }
  std::string name(text);
  std::ranges::transform(name, name.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (!is_dns_name(name)) return std::nullopt;
  if (!ends_in_a_number(name)) return Host(Kind::Name, std::move(name));
  // inet_pton takes four decimal numbers without leading zeros, and nothing else.
  in_addr address{};
  if (::inet_pton(AF_INET, name.c_str(), &address) != 1) return std::nullopt;
  return Host(Kind::V4, std::move(name));
}

}  // namespace peko::net
