/// ClientConnection: one connection to a server, in use by an exchange or idle.
#pragma once

#include <memory>

#include "net/deadline.hpp"
#include "net/loop.hpp"
#include "net/stream.hpp"

namespace peko::http {

class ClientPool;
struct ClientSite;
class H1ClientExchange;

/// Owned by who uses it: the exchange, or the site while it is idle. Then it watches for the server's close, and for
/// its own end. Lives on one loop.
class ClientConnection final : private net::IoHandler, private net::Deadline {
 public:
  ClientConnection(ClientPool& pool, ClientSite& site, std::unique_ptr<net::Stream> stream);
  ~ClientConnection() override;

  /// Begins to watch. False when the kernel refuses.
  bool start();
  /// Events go to `user` from now on.
  void use(H1ClientExchange& user);
  /// Nobody uses it until `until`, when it leaves the pool, as it does when the server closes or says anything.
  void rest(net::TimePoint until);
  /// Nothing has been received that nobody asked for. Not after an end, either.
  bool is_quiet();
  /// Ends it with a reset.
  void cut();

  [[nodiscard]] net::Stream& stream() { return *stream_; }
  [[nodiscard]] ClientSite& site() { return site_; }
  [[nodiscard]] net::TimePoint rests_until() const { return rests_until_; }

 private:
  void unwatch();
  void on_io(std::uint32_t events) override;
  void expired() override;

  ClientPool& pool_;
  ClientSite& site_;
  std::unique_ptr<net::Stream> stream_;
  H1ClientExchange* user_ = nullptr;  // null: idle
  net::TimePoint rests_until_{};
  bool watched_ = false;
};

}  // namespace peko::http
