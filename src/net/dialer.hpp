/// Dialer: from a host and a port to a connection.
///
/// Resolves, asks the guard about each address that it is about to connect to, tries the addresses by Happy Eyeballs
/// version 2 (RFC 8305: families in turn, the next one after a quarter of a second or at once when one fails, the first
/// that answers wins), then makes TLS over it.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/address_guard.hpp"
#include "net/resolver.hpp"
#include "net/stream.hpp"
#include "net/tls.hpp"

namespace peko::net {

/// A connection that is being made; destroying it gives it up. Lives on the dialer's loop.
class Dial {
 public:
  Dial() = default;
  Dial(const Dial&) = delete;
  Dial& operator=(const Dial&) = delete;
  virtual ~Dial() = default;
};

struct DialRequest {
  enum class Security : std::uint8_t { Plain, Tls };

  std::string_view host;  ///< a name, or a numeric address without brackets
  std::uint16_t port = 0;
  Security security = Security::Plain;
  std::string_view owner;  ///< for Resolver::ask
  Duration timeout{};      ///< for everything together
};

/// Lives on one loop and outlives its dials.
class Dialer {
 public:
  /// RFC 8305, section 8: the recommended Connection Attempt Delay.
  static constexpr std::chrono::milliseconds kNextAttemptAfter{250};

  using Dialled = std::move_only_function<void(std::expected<std::unique_ptr<Stream>, LinkFault>)>;

  /// All of them outlive the dialer.
  Dialer(Loop& loop, Resolver& resolver, const AddressGuard& guard, const TlsContext& tls)
      : loop_(loop), resolver_(resolver), guard_(guard), tls_(tls) {}

  /// Calls `dialled` once and later, never from within; it may destroy the dial. The stream is not watched.
  std::unique_ptr<Dial> dial(const DialRequest& request, Dialled dialled);

 private:
  class Attempt;
  class Run;

  Loop& loop_;
  Resolver& resolver_;
  const AddressGuard& guard_;
  const TlsContext& tls_;
};

/// The order of RFC 8305, section 4: the first address leads, then families take turns as long as both have some.
std::vector<Address> interleave_families(std::span<const Address> addresses);

}  // namespace peko::net
