/// Listener: a bound, listening TCP socket.
#pragma once

#include <cstdint>

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "net/address.hpp"

namespace peko::net {

enum class Sharing : std::uint8_t {
  First,  ///< Conflict when anybody listens there; others may Join afterwards
  Join,   ///< shares the address with the listeners of our other loops; the kernel spreads connections over them
};

/// Owns the socket. Connections accepted from it have TCP_NODELAY set.
class Listener {
 public:
  /// Conflict when the address is in use, Denied for a port that this user may not have, NotFound for an address that
  /// this machine does not have, Unavailable when the process has no descriptor left.
  static Result<Listener> bind(const Address& address, Sharing sharing);

  [[nodiscard]] int fd() const { return fd_.get(); }
  /// Stops listening.
  void close() { fd_.close(); }
  /// Where it listens; has the port that the kernel chose when 0 was asked for.
  [[nodiscard]] Address address() const { return Address::of_socket(fd_.get()); }

 private:
  explicit Listener(UniqueFd fd) : fd_(std::move(fd)) {}

  UniqueFd fd_;
};

}  // namespace peko::net
