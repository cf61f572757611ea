/// TLS as a client speaks it: 1.2 or later, the peer's certificate checked against trusted roots and the host's name.
#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"
#include "net/stream.hpp"

// OpenSSL's types, so that its headers stay in tls.cpp.
struct ssl_ctx_st;
struct ssl_st;
struct bio_method_st;

namespace peko::net {

/// What all connections share. Immutable, any thread; outlives its streams.
class TlsContext {
 public:
  /// `ca_file`: PEM certificates that are trusted instead of the system's; "" for the system's. NotFound or Invalid
  /// when the file cannot be used.
  static Result<std::unique_ptr<TlsContext>> create(const std::string& ca_file);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

 private:
  friend class TlsStream;
  TlsContext(ssl_ctx_st* context, bio_method_st* socket_method) : context_(context), socket_method_(socket_method) {}

  ssl_ctx_st* const context_;
  bio_method_st* const socket_method_;  // bytes between OpenSSL and the socket
};

class TlsStream final : public Stream {
 public:
  enum class Handshake : std::uint8_t {
    Done,
    Again,  ///< wait for an event of the socket
    Failed,
  };

  /// Over a connected socket, to `host`, a name or a numeric address: its certificate must be that host's. Null when
  /// there is no memory. Nothing is sent before handshake().
  static std::unique_ptr<TlsStream> create(const TlsContext& context, UniqueFd socket, const std::string& host);
  /// Says goodbye (close_notify), unless the stream failed, was cut or never got through its handshake.
  ~TlsStream() override;

  /// Goes on with the handshake; nothing is received or sent before it is Done.
  Handshake handshake();

  Io receive(std::span<char> into) override;
  Io send(std::span<iovec> pieces) override;
  [[nodiscard]] LinkFault fault() const override { return fault_; }
  [[nodiscard]] bool layered() const override { return true; }
  [[nodiscard]] int fd() const override { return socket_.get(); }
  void cut() override;

 private:
  TlsStream(ssl_st* ssl, UniqueFd socket) : ssl_(ssl), socket_(std::move(socket)) {}

  enum class State : std::uint8_t { Handshake, Open, Ended };

  Io outcome(int result, std::size_t bytes);
  void fail(int error);

  ssl_st* const ssl_;
  UniqueFd socket_;
  State state_ = State::Handshake;
  LinkFault fault_ = LinkFault::Terminated;
};

}  // namespace peko::net
