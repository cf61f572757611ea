/// Address: a numeric IP address and a port.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace peko::net {

/// A value.
class Address {
 public:
  /// The longest text of an address, "[v6 in full]:65535".
  static constexpr std::size_t kTextMax = 56;

  /// "127.0.0.1:3000", "[::1]:0", "localhost:80" (127.0.0.1). Invalid for everything else; names are not resolved.
  static Result<Address> parse(std::string_view text);
  /// "127.0.0.1", "::1": an address in its usual form without brackets; nothing for everything else, names included.
  static std::optional<Address> numeric(std::string_view host, std::uint16_t port);
  /// Where the socket is bound.
  static Address of_socket(int fd);
  /// From what the kernel filled in.
  static Address of(const sockaddr_storage& storage);

  [[nodiscard]] const sockaddr* raw() const;
  [[nodiscard]] socklen_t raw_size() const;
  [[nodiscard]] int family() const { return v6_.sin6_family; }
  [[nodiscard]] std::uint16_t port() const { return ntohs(v6_.sin6_port); }
  /// The same address with another port.
  [[nodiscard]] Address with_port(std::uint16_t port) const;

  /// "address:port", as parse reads it; an IPv4 address mapped into IPv6 is shown as what it is.
  [[nodiscard]] std::string text() const;
  /// The same, into `out`; returns its length.
  std::size_t write_text(std::array<char, kTextMax>& out) const;

 private:
  [[nodiscard]] in_addr v4() const;

  // Family and port lie at the same place in both kinds; an IPv4 address is stored as sockaddr_in in the first bytes.
  sockaddr_in6 v6_{};
};

/// Whether a request's authority, host[:port], is a numeric address or localhost. A name may be one that a page of
/// another site has let lead here (DNS rebinding).
bool is_numeric(std::string_view authority);

}  // namespace peko::net
