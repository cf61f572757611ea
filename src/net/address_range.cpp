#include "net/address_range.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

namespace peko::net {
namespace {

constexpr unsigned kBits = 128;
constexpr unsigned kMappedBits = 96;  // in front of an IPv4 address

CanonicalIp mapped(const std::uint8_t* v4) {
  CanonicalIp ip{};
  ip[10] = ip[11] = 0xff;
  std::copy_n(v4, 4, ip.begin() + 12);
  return ip;
}

CanonicalIp bytes_of(const Address& address) {
  CanonicalIp ip{};
  if (address.family() == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, address.raw(), sizeof(v6));
    std::memcpy(ip.data(), &v6.sin6_addr, ip.size());
    return ip;
  }
  sockaddr_in v4{};
  std::memcpy(&v4, address.raw(), sizeof(v4));
  std::array<std::uint8_t, 4> bytes{};
  std::memcpy(bytes.data(), &v4.sin_addr, bytes.size());
  return mapped(bytes.data());
}

// How an IPv6 address carries an IPv4 address.
struct Embedding {
  CanonicalIp prefix;
  unsigned bits;  // of the prefix
  std::size_t at;
  bool inverted;
};
constexpr std::array kEmbeddings = {
    Embedding{{}, 96, 12, false},                                    // compatible: RFC 4291, 2.5.5.1
    Embedding{{0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96, 12, false},  // translated: RFC 2765, 2.1
    Embedding{{0, 0x64, 0xff, 0x9b}, 96, 12, false},                 // NAT64: RFC 6052, 2.1
    Embedding{{0x20, 0x02}, 16, 2, false},                           // 6to4: RFC 3056, 2
    Embedding{{0x20, 0x01}, 32, 12, true},                           // Teredo: RFC 4380, 4
};

bool equal_prefix(const CanonicalIp& a, const CanonicalIp& b, unsigned bits) {
  const std::size_t whole = bits / 8;
  if (!std::equal(a.begin(), a.begin() + whole, b.begin())) return false;
  const auto mask = static_cast<std::uint8_t>(0xff00U >> bits % 8);
  return whole == a.size() || ((a[whole] ^ b[whole]) & mask) == 0;
}

// Null for one that carries none; mapped addresses are canonical already.
const Embedding* embedding_of(const CanonicalIp& ip) {
  const bool own = std::all_of(ip.begin(), ip.end() - 1, [](std::uint8_t byte) { return byte == 0; }) && ip[15] <= 1;
  if (own) return nullptr;  // :: and ::1 look compatible and are not
  for (const Embedding& embedding : kEmbeddings) {
    if (equal_prefix(ip, embedding.prefix, embedding.bits)) return &embedding;
  }
  return nullptr;
}

// The first address and the width of its kind in bits.
std::optional<std::pair<CanonicalIp, unsigned>> first_address(const std::string& text) {
  if (text.contains('\0')) return std::nullopt;
  std::array<std::uint8_t, 4> v4{};
  if (::inet_pton(AF_INET, text.c_str(), v4.data()) == 1) return std::pair(mapped(v4.data()), kBits - kMappedBits);
  CanonicalIp v6{};
  if (::inet_pton(AF_INET6, text.c_str(), v6.data()) == 1) return std::pair(v6, kBits);
  return std::nullopt;
}

std::unexpected<Error> invalid(std::string_view text, std::string_view why) {
  return fail(Code::Invalid, "\"" + std::string(text) + "\" is not a range of addresses: " + std::string(why) +
                                 " (for instance 10.0.0.0/8 or fd00::/8)");
}

}  // namespace

CanonicalIp canonical_ip(const Address& address) {
  const CanonicalIp ip = bytes_of(address);
  const Embedding* embedding = embedding_of(ip);
  if (embedding == nullptr) return ip;
  std::array<std::uint8_t, 4> v4{};
  for (std::size_t i = 0; i < v4.size(); i++) {
    const std::uint8_t byte = ip[embedding->at + i];
    v4[i] = embedding->inverted ? static_cast<std::uint8_t>(~byte) : byte;
  }
  return mapped(v4.data());
}

Result<AddressRange> AddressRange::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto first = first_address(std::string(text.substr(0, slash)));
  if (!first) return invalid(text, "write an IP address, a slash and the bits of the prefix");
  const auto& [ip, width] = *first;
  unsigned bits = width;
  if (slash != std::string_view::npos) {
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + slash + 1, end, bits);
    if (error != std::errc() || stop != end || bits > width) {
      return invalid(text, "the prefix has 0 to " + std::to_string(width) + " bits");
    }
  }
  const Embedding* embedding = embedding_of(ip);
  if (embedding != nullptr && bits >= embedding->bits) {
    return invalid(text, "addresses of this kind are compared as the IPv4 address inside them");
  }
  const unsigned prefix = bits + kBits - width;
  CanonicalIp masked{};
  for (std::size_t i = 0; i < masked.size(); i++) {
    const unsigned kept = std::min(8U, prefix - std::min(prefix, static_cast<unsigned>(i) * 8));
    masked[i] = static_cast<std::uint8_t>(ip[i] & (0xff00U >> kept));
  }
  if (masked != ip) return invalid(text, "it has bits set beyond its prefix");
  return AddressRange(ip, prefix);
}

bool AddressRange::contains(const CanonicalIp& ip) const { return equal_prefix(first_, ip, prefix_); }

}  // namespace peko::net
