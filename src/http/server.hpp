/// Server: listens on one address on one loop and serves HTTP/1.1 connections with a Handler.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "http/exchange.hpp"
#include "http/limits.hpp"
#include "net/loop.hpp"

namespace peko::http {

/// Lives on one loop; every method on its thread. Several servers (one per loop) share an address by SO_REUSEPORT.
class Server {
 public:
  enum class Sharing {
    First,  ///< Conflict when anybody listens there, also another node of ours
    Join,   ///< shares the address with the servers of our other loops
  };
  /// Binds and listens on "host:port" ("127.0.0.1:3000", "[::1]:0"; a host is a numeric address or "localhost").
  /// Invalid when it is no such text, Conflict when the address is in use, Denied for a privileged port, NotFound for
  /// an address this machine does not have. `loop` and `handler` outlive the server.
  static Result<std::unique_ptr<Server>> start(net::Loop& loop, const std::string& address, Sharing sharing,
                                               Handler& handler, Limits limits);
  /// Connections must be gone: drain() first, or close_all().
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// The port it listens on, for address ":0".
  [[nodiscard]] std::uint16_t port() const;
  /// Open ones, and closed ones whose handler has not finished.
  [[nodiscard]] std::size_t connections() const;
  /// How often accepting had to rest because the process was out of descriptors or memory.
  [[nodiscard]] std::uint64_t accept_rests() const;
  /// Fields of handlers' responses that were left out because they would have broken the framing.
  [[nodiscard]] std::uint64_t invalid_fields() const;
  /// Calls of the kernel to send.
  [[nodiscard]] std::uint64_t sends() const;

  /// Stops accepting, closes idle connections, makes every response say "connection: close". `connections()` falls to 0
  /// as they end.
  void drain();
  /// Resets every connection that is left; their handlers see gone().
  void close_all();

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace peko::http
