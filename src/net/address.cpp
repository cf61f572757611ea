#include "net/address.hpp"

#include <arpa/inet.h>

#include <charconv>
#include <cstddef>
#include <cstring>

namespace peko::net {
namespace {

static_assert(offsetof(sockaddr_in, sin_family) == offsetof(sockaddr_in6, sin6_family));
static_assert(offsetof(sockaddr_in, sin_port) == offsetof(sockaddr_in6, sin6_port));

std::unexpected<Error> invalid(std::string_view text) {
  return fail(Code::Invalid,
              "\"" + std::string(text) +
                  "\" is no address to listen on: write host:port with a numeric address or localhost, for example "
                  "127.0.0.1:3000, 0.0.0.0:8080 or [::1]:3000");
}

bool parse_port(std::string_view text, std::uint16_t& port) {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  return error == std::errc() && stop == end;
}

}  // namespace

Result<Address> Address::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  std::uint16_t port = 0;
  if (colon == std::string_view::npos || !parse_port(text.substr(colon + 1), port)) return invalid(text);
  std::string host(text.substr(0, colon));
  if (host == "localhost") host = "127.0.0.1";

  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  const auto address = numeric(host, port);
  if (!address || (address->family() == AF_INET6) != bracketed) return invalid(text);
  return *address;
}

std::optional<Address> Address::numeric(std::string_view host, std::uint16_t port) {
  const std::string terminated(host);
  if (terminated.contains('\0')) return std::nullopt;
  Address address;
  sockaddr_in v4{};
  if (::inet_pton(AF_INET, terminated.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    std::memcpy(&address.v6_, &v4, sizeof(v4));
  } else if (::inet_pton(AF_INET6, terminated.c_str(), &address.v6_.sin6_addr) == 1) {
    address.v6_.sin6_family = AF_INET6;
  } else {
    return std::nullopt;
  }
  return address.with_port(port);
}

Address Address::with_port(std::uint16_t port) const {
  Address other = *this;
  other.v6_.sin6_port = htons(port);
  return other;
}

Address Address::of_socket(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  // Safety: sockaddr is the head of every kind of socket address; the kernel fills in at most `size` bytes.
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size);
  return of(storage);
}

Address Address::of(const sockaddr_storage& storage) {
  Address address;
  std::memcpy(&address.v6_, &storage, sizeof(address.v6_));
  return address;
}

// Safety: sockaddr is the head of every kind of socket address, and the family tells the kernel which it is.
const sockaddr* Address::raw() const { return reinterpret_cast<const sockaddr*>(&v6_); }

socklen_t Address::raw_size() const { return family() == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in); }

// Of an IPv4 address, also of one that is mapped into IPv6.
in_addr Address::v4() const {
  in_addr v4{};
  if (family() == AF_INET6) {
    std::memcpy(&v4, &v6_.sin6_addr.s6_addr[12], sizeof(v4));
  } else {
    sockaddr_in whole{};
    std::memcpy(&whole, &v6_, sizeof(whole));
    v4 = whole.sin_addr;
  }
  return v4;
}

std::string Address::text() const {
  std::array<char, kTextMax> out;
  return {out.data(), write_text(out)};
}

std::size_t Address::write_text(std::array<char, kTextMax>& out) const {
  char* at = out.data();
  char* const end = out.data() + out.size();
  if (family() == AF_INET6 && !IN6_IS_ADDR_V4MAPPED(&v6_.sin6_addr)) {
    *at++ = '[';
    ::inet_ntop(AF_INET6, &v6_.sin6_addr, at, INET6_ADDRSTRLEN);
    at += std::strlen(at);
    *at++ = ']';
  } else {
    const in_addr address = v4();
    ::inet_ntop(AF_INET, &address, at, INET_ADDRSTRLEN);
    at += std::strlen(at);
  }
  *at++ = ':';
  return static_cast<std::size_t>(std::to_chars(at, end, port()).ptr - out.data());
}

bool is_numeric(std::string_view authority) {
  return Address::parse(authority).has_value() || Address::parse(std::string(authority) + ":80").has_value();
}

}  // namespace peko::net
