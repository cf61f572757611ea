#include "engine/origin.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "http/grammar.hpp"

namespace peko::engine {
namespace {

using http::Scheme;

std::uint16_t port_of(Scheme scheme) { return scheme == Scheme::Https ? 443 : 80; }
std::string_view name_of(Scheme scheme) { return scheme == Scheme::Https ? "https" : "http"; }

// 1 to 65535, without leading zeros.
std::optional<std::uint16_t> parse_port(std::string_view digits) {
  std::uint16_t port = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, port);
  if (error != std::errc() || stop != end || digits.front() == '0') return std::nullopt;
  return port;
}

// A URI's scheme, authority, and all that follows.
struct Parts {
  Scheme scheme;
  std::string_view authority;
  std::string_view rest;
};
std::optional<Parts> split_uri(std::string_view uri) {
  const std::size_t end = uri.find("://");
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view name = uri.substr(0, end);
  if (!http::iequals(name, "http") && !http::iequals(name, "https")) return std::nullopt;
  uri.remove_prefix(end + 3);
  const std::size_t rest = std::min(uri.find_first_of("/?#\\"), uri.size());
  return Parts{name.size() == 5 ? Scheme::Https : Scheme::Http, uri.substr(0, rest), uri.substr(rest)};
}

// An authority's host and port; no port is the scheme's.
struct HostAndPort {
  std::string_view host;
  std::optional<std::uint16_t> port;  // nothing: what stands there is none
};
HostAndPort split_authority(Scheme scheme, std::string_view authority) {
  const std::size_t colon = authority.rfind(':');
  if (colon == std::string_view::npos || authority.ends_with(']')) return {authority, port_of(scheme)};
  return {authority.substr(0, colon), parse_port(authority.substr(colon + 1))};
}

std::unexpected<Error> bad_origin(std::string_view text, std::string_view why) {
  return fail(Code::Invalid, "\"" + std::string(text) + "\" is not an origin: " + std::string(why) +
                                 " (for instance \"https://api.example.com\")");
}

}  // namespace

std::string Origin::authority() const {
  return port == port_of(scheme) ? host.in_url() : host.in_url() + ":" + std::to_string(port);
}

std::string Origin::text() const { return std::string(name_of(scheme)) + "://" + authority(); }

std::expected<OutboundTarget, ErrorCode> OutboundTarget::parse(std::string_view uri) {
  if (uri.size() > kUriBytesMax) return std::unexpected(ErrorCode::HttpRequestUriTooLong);
  const auto invalid = std::unexpected(ErrorCode::HttpRequestUriInvalid);
  const std::optional<Parts> parts = split_uri(uri);
  if (!parts) return invalid;
  const auto [text, port] = split_authority(parts->scheme, parts->authority);
  const std::optional<net::Host> host = net::Host::parse(text);
  if (!host || !port) return invalid;
  const std::string_view path = parts->rest.empty() ? "/" : parts->rest;
  if (path.front() != '/' || !http::is_path_and_query(path)) return invalid;
  return OutboundTarget{{parts->scheme, *host, *port}, std::string(path)};
}

Result<OriginPattern> OriginPattern::parse(std::string_view text) {
  const std::optional<Parts> parts = split_uri(text);
  if (!parts) return bad_origin(text, "it begins with https:// or http://");
  if (!parts->rest.empty()) return bad_origin(text, "it ends after host and port, without a path");
  if (parts->authority.contains('@')) return bad_origin(text, "it has no user name");
  auto [host, port] = split_authority(parts->scheme, parts->authority);
  if (!port) return bad_origin(text, "a port is a number from 1 to 65535");
  const Hosts hosts = host.starts_with("*.") ? Hosts::AllBelow : Hosts::One;
  if (hosts == Hosts::AllBelow) host.remove_prefix(2);
  const std::optional<net::Host> parsed = net::Host::parse(host);
  if (!parsed || (hosts == Hosts::AllBelow && parsed->kind() != net::Host::Kind::Name)) {
    return bad_origin(text, "a host is a DNS name, an address, or \"*.\" before a DNS name");
  }
  return OriginPattern({parts->scheme, *parsed, *port}, hosts);
}

bool OriginPattern::holds(const Origin& origin) const {
  if (hosts_ == Hosts::One) return origin == origin_;
  if (origin.scheme != origin_.scheme || origin.port != origin_.port) return false;
  std::string_view host = origin.host.text();
  if (origin.host.kind() != net::Host::Kind::Name || !host.ends_with(origin_.host.text())) return false;
  host.remove_suffix(origin_.host.text().size());
  return host.ends_with('.');
}

std::string OriginPattern::text() const {
  if (hosts_ == Hosts::One) return origin_.text();
  return std::string(name_of(origin_.scheme)) + "://*." + origin_.authority();
}

}  // namespace peko::engine
