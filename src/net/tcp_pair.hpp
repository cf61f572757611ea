/// For tests: two ends of a connection over loopback.
#pragma once

#include <sys/socket.h>

#include <utility>

#include "net/listener.hpp"

namespace peko::net {

/// A connected, blocking socket. Empty when nobody listens there.
inline UniqueFd connect_to(const Address& address) {
  UniqueFd fd(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(fd.get(), address.raw(), address.raw_size()) != 0) fd.close();
  return fd;
}

/// A non-blocking end, as a server has it, and a blocking one, as a client has it.
inline std::pair<UniqueFd, UniqueFd> tcp_pair() {
  const Listener listener = Listener::bind(Address::parse("127.0.0.1:0").value(), Sharing::First).value();
  UniqueFd client = connect_to(listener.address());
  // The connection is in the backlog when connect returns.
  UniqueFd server(::accept4(listener.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  return {std::move(server), std::move(client)};
}

}  // namespace peko::net
