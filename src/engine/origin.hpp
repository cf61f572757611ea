/// Origin: scheme, host and port (RFC 6454), as requests name them and as manifests allow them.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.hpp"
#include "engine/error_code.hpp"
#include "http/message.hpp"
#include "net/host.hpp"

namespace peko::engine {

/// A value.
struct Origin {
  http::Scheme scheme;
  net::Host host;
  std::uint16_t port;

  /// "host" or "host:port": the port only where it is not the scheme's own.
  [[nodiscard]] std::string authority() const;
  /// "https://host:port", likewise.
  [[nodiscard]] std::string text() const;
  bool operator==(const Origin&) const = default;
};

/// What an outbound request asks for.
struct OutboundTarget {
  Origin origin;
  std::string path;  ///< path and query, "/" at least

  static constexpr std::size_t kUriBytesMax = 8192;
  /// Takes an absolute http or https URI apart, by the strict grammar of net::Host: no user name, no fragment, no
  /// percent-encoding before the path. HttpRequestUriInvalid, HttpRequestUriTooLong.
  static std::expected<OutboundTarget, ErrorCode> parse(std::string_view uri);
};

/// One entry of a function's allow list: an origin, or all origins with a host below a domain. A value.
class OriginPattern {
 public:
  /// "https://host", "http://host:port" or "https://*.host". Invalid with what was given and what is expected.
  static Result<OriginPattern> parse(std::string_view text);

  /// "https://*.example.com" holds a.example.com and a.b.example.com, not example.com.
  [[nodiscard]] bool holds(const Origin& origin) const;
  /// In lower case, without a port that is the scheme's own.
  [[nodiscard]] std::string text() const;
  bool operator==(const OriginPattern&) const = default;

 private:
  enum class Hosts : std::uint8_t { One, AllBelow };
  OriginPattern(Origin origin, Hosts hosts) : origin_(std::move(origin)), hosts_(hosts) {}

  Origin origin_;
  Hosts hosts_;
};

}  // namespace peko::engine
