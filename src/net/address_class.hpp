/// AddressClass: what kind of place an IP address is, by the registries of special-purpose addresses.
#pragma once

#include <cstdint>
#include <string_view>

#include "net/address_range.hpp"

namespace peko::net {

enum class AddressClass : std::uint8_t {
  Public,  ///< anybody's: the only one that strangers may be let to dial
  Unspecified,
  Loopback,
  Private,    ///< RFC 1918, unique local (RFC 4193), site-local
  LinkLocal,  ///< RFC 3927, RFC 4291
  Metadata,   ///< where a cloud hands out its machines' secrets
  Shared,     ///< between a provider and its customers (RFC 6598)
  Multicast,
  Broadcast,
  Documentation,
  Benchmarking,
  Reserved,  ///< set aside, never assigned, or not global
};

/// "a loopback address", for messages.
std::string_view to_string(AddressClass kind);

AddressClass classify(const CanonicalIp& ip);

}  // namespace peko::net
