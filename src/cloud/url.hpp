/// Url: an http or https URL, taken apart as far as signing and choosing a host need it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace peko::cloud {

/// Views into the text that was parsed. Nothing is decoded.
struct Url {
  std::string_view scheme;     ///< "http" or "https", as written
  std::string_view authority;  ///< host and port, without user
  std::string_view host;       ///< without port; an IPv6 address without its brackets
  std::string_view path;       ///< begins with '/'
  std::string_view query;      ///< without '?'; a fragment is left out

  /// Nothing when it is no URL with a host, or not of http or https.
  static std::optional<Url> parse(std::string_view text);

  [[nodiscard]] bool secure() const { return scheme == "https"; }
  /// What the header `host` says: the authority without the scheme's own port.
  [[nodiscard]] std::string_view host_header() const;
};

}  // namespace peko::cloud
