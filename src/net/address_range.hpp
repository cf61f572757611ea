/// AddressRange: a block of IP addresses, and the one form in which addresses are compared.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/result.hpp"
#include "net/address.hpp"

namespace peko::net {

/// Sixteen bytes; an IPv4 address is mapped (::ffff:a.b.c.d).
using CanonicalIp = std::array<std::uint8_t, 16>;

/// Where packets to the address really go: an IPv6 address that carries an IPv4 address inside (mapped, compatible,
/// translated, NAT64, 6to4, Teredo) is that IPv4 address.
CanonicalIp canonical_ip(const Address& address);

/// A value.
class AddressRange {
 public:
  /// "10.0.0.0/8", "fd00::/8", or a single address. Invalid: not that, bits set beyond the prefix, or an IPv6 form of
  /// IPv4 addresses.
  static Result<AddressRange> parse(std::string_view text);

  [[nodiscard]] bool contains(const CanonicalIp& ip) const;

  bool operator==(const AddressRange&) const = default;

 private:
  AddressRange(const CanonicalIp& first, unsigned prefix) : first_(first), prefix_(prefix) {}

  CanonicalIp first_;
  unsigned prefix_;  // bits, of 128
};

}  // namespace peko::net
