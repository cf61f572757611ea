/// For tests: an address guard that refuses what it is told to.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "net/address_guard.hpp"

namespace peko::net {

/// Refuses the addresses, without port, in `refused`; remembers whom it was asked about.
class FakeGuard final : public AddressGuard {
 public:
  std::vector<std::string> refused;
  mutable std::vector<std::string> asked;

  bool allows(const Address& address) const override {
    const std::string text = address.text();
    asked.push_back(text);
    const std::string host = text.substr(0, text.rfind(':'));
    return std::ranges::find(refused, host) == refused.end();
  }
};

}  // namespace peko::net
