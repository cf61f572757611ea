/// The parts of an HTTP message, as views. No version of HTTP in here.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace peko::http {

/// A header or trailer field. Names of requests that we parsed are lower case.
struct Field {
  std::string_view name;
  std::string_view value;
};

using Fields = std::span<const Field>;

enum class Version : std::uint8_t { Http10, Http11, Http2 };
enum class Scheme : std::uint8_t { Http, Https };

/// A request's head, checked: a token as method, a target of legal characters that begins with '/' (or is "*" for
/// OPTIONS), exactly one authority.
struct RequestHead {
  std::string_view method;
  std::string_view target;     ///< path and query: "/a?b=c", or "*"
  std::string_view authority;  ///< host[:port] of the Host field or the absolute target; empty only for HTTP/1.0
  Fields fields;  ///< end to end: without connection, keep-alive, transfer-encoding, upgrade, te, expect, host
  Version version = Version::Http11;
  Scheme scheme = Scheme::Http;
  std::optional<std::uint64_t> body_length;  ///< bytes; 0: no body; nothing: known when it ends
};

/// The value of the first field of that name (lower case), if any.
std::optional<std::string_view> find(Fields fields, std::string_view name);

/// The reason phrase of RFC 9110 for a status, or "" for one it does not name.
std::string_view reason_phrase(unsigned status);

/// Case-insensitive equality of ASCII text.
bool iequals(std::string_view a, std::string_view b);

}  // namespace peko::http
