#include "net/listener.hpp"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace peko::net {
namespace {

// The kernel caps it at net.core.somaxconn (4096 by default); a burst of connections waits there and is not refused.
constexpr int kBacklog = 4096;

void enable(int fd, int level, int option) {
  const int on = 1;
  ::setsockopt(fd, level, option, &on, sizeof(on));
}

std::unexpected<Error> explain(int error, const Address& address) {
  const std::string doing = "cannot listen on " + address.text() + ": ";
  switch (error) {
    case EADDRINUSE:
      return fail(Code::Conflict,
                  doing + "the address is in use; stop the program that listens there or choose another port");
    case EACCES:
    case EPERM:
      return fail(Code::Denied,
                  doing + "not permitted; ports below 1024 need root or the capability CAP_NET_BIND_SERVICE");
    case EADDRNOTAVAIL:
      return fail(Code::NotFound, doing + "this machine does not have that address; 0.0.0.0 means all that it has");
    default: return fail(Code::Unavailable, doing + std::strerror(error));
  }
}

}  // namespace

Result<Listener> Listener::bind(const Address& address, Sharing sharing) {
  UniqueFd fd(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return explain(errno, address);
  enable(fd.get(), SOL_SOCKET,
         SO_REUSEADDR);                        // not for sharing: so that a restart need not wait for old connections
  enable(fd.get(), IPPROTO_TCP, TCP_NODELAY);  // inherited by what is accepted
  if (address.family() == AF_INET6) {
    const int off = 0;  // [::] takes IPv4 too, whatever the system's default is
    ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
  }
  // The first one binds and listens alone, which fails if anybody is there, and only then lets others join.
  if (sharing == Sharing::Join) enable(fd.get(), SOL_SOCKET, SO_REUSEPORT);
  if (::bind(fd.get(), address.raw(), address.raw_size()) != 0) return explain(errno, address);
  if (::listen(fd.get(), kBacklog) != 0) return explain(errno, address);
  if (sharing == Sharing::First) enable(fd.get(), SOL_SOCKET, SO_REUSEPORT);
  return Listener(std::move(fd));
}

}  // namespace peko::net
