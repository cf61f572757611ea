/// DialGuard: the rule for addresses that guests may make us dial (server-side request forgery).
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "net/address_class.hpp"
#include "net/address_guard.hpp"
#include "net/address_range.hpp"

namespace peko::net {

/// Allows public addresses, and those in the ranges that the operator allows; never one of the node's own listeners.
/// Set up first, then immutable and shared by all threads.
class DialGuard final : public AddressGuard {
 public:
  explicit DialGuard(std::vector<AddressRange> allowed) : allowed_(std::move(allowed)) {}

  /// This machine listens for itself on `port`: refused at each of its addresses, in allowed ranges too.
  void add_own_port(std::uint16_t port) { own_ports_.push_back(port); }

  [[nodiscard]] bool allows(const Address& address) const override;

 private:
  std::vector<AddressRange> allowed_;
  std::vector<std::uint16_t> own_ports_;
};

}  // namespace peko::net
