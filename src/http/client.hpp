/// Client: requests that we send.
///
/// The mirror image of exchange.hpp: whoever has something to ask starts a ClientExchange, moves bytes both ways, and
/// waits for its event whenever it can get no further. Connections, pools, names and TLS are the client's. All on one
/// loop.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "http/exchange.hpp"
#include "http/message.hpp"
#include "net/event.hpp"

namespace peko::http {

/// Why there is no (whole) response. Named as the cases of wasi:http/types error-code, which guests see.
enum class ClientFault : std::uint8_t {
  DnsTimeout,
  DnsError,  ///< the name does not exist, or the resolver failed
  DestinationNotFound,
  DestinationUnavailable,
  DestinationIpProhibited,  ///< every address of the name is one that the guard refuses
  DestinationIpUnroutable,
  ConnectionRefused,
  ConnectionTerminated,
  ConnectionTimeout,
  ConnectionReadTimeout,
  ConnectionWriteTimeout,
  ConnectionLimitReached,  ///< too many wait for a connection already
  TlsProtocolError,
  TlsCertificateError,
  TlsAlertReceived,
  HttpRequestDenied,
  HttpResponseIncomplete,
  HttpResponseHeaderSectionSize,
  HttpResponseBodySize,
  HttpResponseTimeout,  ///< no head within first_byte
  HttpProtocolError,
  InternalError,
};

/// What is asked. Views are copied by Client::start.
struct ClientRequest {
  /// Connections are never shared by two partitions: the function's name.
  std::string_view partition;
  Scheme scheme = Scheme::Http;
  std::string_view host;  ///< a name in lower case, an IPv4 address, or an IPv6 address without brackets
  std::uint16_t port = 80;
  std::string_view method;
  std::string_view target;                   ///< path and query
  std::string_view authority;                ///< the Host field
  Fields fields;                             ///< end to end; hop-by-hop ones are dropped
  std::optional<std::uint64_t> body_length;  ///< bytes; 0: none; nothing: known when it ends (chunked)
  std::chrono::nanoseconds connect_timeout{std::chrono::seconds(10)};
  std::chrono::nanoseconds first_byte_timeout{std::chrono::seconds(60)};
  std::chrono::nanoseconds between_bytes_timeout{std::chrono::seconds(60)};
};

/// One request. Destroying it gives it up: what is not complete is cut off, and its connection closed.
class ClientExchange {
 public:
  virtual ~ClientExchange() = default;

  // Request body: pushed.

  /// Room for more: false before the connection is there and while more than the high-water mark is queued.
  virtual bool writable() const = 0;
  virtual void write(Chunk chunk) = 0;
  /// The body is complete. Not needed when it has none. `trailers` go with a body whose length was not known before,
  /// and are dropped otherwise.
  virtual void finish(Fields trailers = {}) = 0;

  // Response.

  /// Set once there will be no (more) response; everything else shows what came before.
  virtual std::optional<ClientFault> fault() const = 0;
  /// The head; null until it is there. Interim (1xx) responses are not shown. Valid as long as the exchange.
  virtual const ResponseHead* head() const = 0;
  /// The bytes of body at hand. Valid until consume(), take_body() or the next suspension.
  virtual std::span<const char> body() const = 0;
  virtual void consume(std::size_t n) = 0;
  /// Takes all of body() away with its memory, which spares a copy. Empty when it has to be copied: nothing was taken.
  virtual Chunk take_body() = 0;
  /// Failed: fault() says why.
  virtual BodyState body_state() const = 0;
  /// Once body_state() is Complete.
  virtual Fields trailers() const = 0;
};

class Client {
 public:
  /// Starts a request; nothing fails at once. `progress` is set whenever another look can get further, and outlives the
  /// exchange. The exchange does not outlive the client.
  virtual std::unique_ptr<ClientExchange> start(const ClientRequest& request, net::Event& progress) = 0;

 protected:
  ~Client() = default;
};

}  // namespace peko::http
