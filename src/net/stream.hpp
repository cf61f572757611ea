/// Stream: a connected socket as whoever speaks over it sees it, with TLS in between or without.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <span>
#include <utility>

#include "base/unique_fd.hpp"
#include "net/socket.hpp"

namespace peko::net {

/// Why there is no connection, or none any more. Of several reasons the later one in this list tells more.
enum class LinkFault : std::uint8_t {
  Prohibited,   ///< the guard refuses every address
  Unroutable,   ///< no way to the address
  Exhausted,    ///< this process has no descriptor, port or memory left for one more
  Timeout,      ///< no connection, or no TLS over it, in time
  Terminated,   ///< the peer or the network broke it
  Refused,      ///< nobody listens there
  NameTimeout,  ///< the name was not resolved in time
  NameUnknown,  ///< the name has no address, or the resolver failed
  TlsProtocol,
  TlsAlert,        ///< the peer refused with an alert
  TlsCertificate,  ///< the peer's certificate is not trusted, or is another host's
};

/// Non-blocking, edge-triggered: the owner watches fd() and moves bytes until Again. Lives on one loop. The destructor
/// closes it in order; who watches the socket stops that before.
class Stream {
 public:
  Stream() = default;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  virtual ~Stream() = default;

  /// As net::receive: End is an end that the peer meant; with TLS a connection that just closes is Failed.
  virtual Io receive(std::span<char> into) = 0;
  /// As net::send. After Again the same bytes come first again, from wherever they are then.
  virtual Io send(std::span<iovec> pieces) = 0;
  /// After Failed.
  [[nodiscard]] virtual LinkFault fault() const = 0;
  /// Whether bytes may wait above the socket: then a short count does not mean drained, and any event may let either
  /// direction go on.
  [[nodiscard]] virtual bool layered() const = 0;
  [[nodiscard]] virtual int fd() const = 0;
  /// Closes such that the peer sees a reset and never a clean end.
  virtual void cut() = 0;
};

/// TCP as it is.
class PlainStream final : public Stream {
 public:
  explicit PlainStream(UniqueFd socket) : socket_(std::move(socket)) {}

  Io receive(std::span<char> into) override { return net::receive(socket_.get(), into); }
  Io send(std::span<iovec> pieces) override { return net::send(socket_.get(), pieces); }
  [[nodiscard]] LinkFault fault() const override { return LinkFault::Terminated; }
  [[nodiscard]] bool layered() const override { return false; }
  [[nodiscard]] int fd() const override { return socket_.get(); }
  void cut() override { net::reset(std::move(socket_)); }

 private:
  UniqueFd socket_;
};

}  // namespace peko::net
