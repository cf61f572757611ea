/// AddressGuard: which addresses may be dialled.
#pragma once

#include "net/address.hpp"

namespace peko::net {

/// Asked with the very address that connect() is about to get, after names are resolved: so a name that resolves
/// otherwise the second time (DNS rebinding) gains nothing. Any thread.
class AddressGuard {
 public:
  virtual bool allows(const Address& address) const = 0;

 protected:
  ~AddressGuard() = default;
};

}  // namespace peko::net
