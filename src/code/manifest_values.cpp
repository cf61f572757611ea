#include "code/manifest_values.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.hpp"

namespace peko::code {
namespace {

constexpr std::size_t kLabelMax = 63;    // RFC 1035, section 2.3.4
constexpr std::size_t kHostMax = 253;    // the same: 255 octets on the wire
constexpr std::size_t kRouteMax = 1024;  // far above any real one; keeps tables small

bool is_label_character(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; }

bool is_label(std::string_view text) {
  return !text.empty() && text.size() <= kLabelMax && text.front() != '-' && text.back() != '-' &&
         std::ranges::all_of(text, is_label_character);
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return result;
}

bool is_ipv6(const std::string& text) {
  in6_addr parsed{};
  return ::inet_pton(AF_INET6, text.c_str(), &parsed) == 1;
}

std::unexpected<Error> bad_route(std::string_view text, std::string_view why) {
  return fail(Code::Invalid,
              fmt::format("\"{}\" is not a route: {} (for instance \"api.example.com/v1/*\")", text, why));
}

std::unexpected<Error> bad_origin(std::string_view text, std::string_view why) {
  return fail(Code::Invalid,
              fmt::format("\"{}\" is not an origin: {} (for instance \"https://api.example.com\")", text, why));
}

/// The port behind the host, without the colon; 0 when it is none.
unsigned port_of(std::string_view digits) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return error == std::errc() && end == digits.data() + digits.size() && port <= 65535 ? port : 0;
}

bool is_origin_host(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']')) {
    return is_ipv6(std::string(host.substr(1, host.size() - 2)));
  }
  if (host.starts_with("*.")) {
    host.remove_prefix(2);
  }
  return host_name(host).has_value();
}

}  // namespace

Status check_name(std::string_view name) {
  if (is_label(name)) {
    return {};
  }
  const Result<std::string> near = name_from(name);
  return fail(Code::Invalid,
              fmt::format("\"{}\" is not a function's name: 1 to 63 of a-z, 0-9 and -, no - at either end{}", name,
                          near ? fmt::format(" (for instance \"{}\")", *near) : ""));
}

Result<std::string> name_from(std::string_view file_stem) {
  std::string name;
  for (const char c : lower(file_stem)) {
    if (is_label_character(c) && c != '-') {
      name += c;
    } else if (!name.empty() && name.back() != '-') {
      name += '-';
    }
  }
  name.resize(std::min(name.size(), kLabelMax));
  while (!name.empty() && name.back() == '-') {
    name.pop_back();
  }
  if (name.empty()) {
    return fail(Code::Invalid,
                fmt::format("\"{}\" has no letter or digit to make a function's name of: rename the file", file_stem));
  }
  return name;
}

Result<std::string> host_name(std::string_view text) {
  std::string host = lower(text);
  if (host.size() > kHostMax || !std::ranges::all_of(split(host, '.'), is_label)) {
    return fail(Code::Invalid, fmt::format("\"{}\" is not a host name", text));
  }
  return host;
}

Result<std::string> route(std::string_view text) {
  if (text.size() > kRouteMax) {
    return bad_route(text.substr(0, 40), fmt::format("it is longer than {} characters", kRouteMax));
  }
  if (text.find("://") != std::string_view::npos) {
    return bad_route(text, "it has no scheme");
  }
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) {
    return bad_route(text, "the path is missing; \"host/*\" is every path");
  }
  const std::string_view path = text.substr(slash);
  const Result<std::string> host = host_name(text.substr(0, slash));
  if (!host) {
    return bad_route(text, "it begins with a host name, without a port");
  }
  if (!std::ranges::all_of(path, [](char c) { return c > 0x20 && c < 0x7f && c != '?' && c != '#'; })) {
    return bad_route(text, "a path has visible ASCII characters, no query and no fragment");
  }
  const auto star = path.find('*');
  if (star != std::string_view::npos && (star + 1 != path.size() || path[star - 1] != '/')) {
    return bad_route(text, "a * stands at the end, after a /");
  }
  if (path.starts_with("/.peko/")) {
    return bad_route(text, "paths below /.peko/ belong to Peko");
  }
  return *host + std::string(path);
}

Result<std::string> origin(std::string_view text) {
  const std::string given = lower(text);
  const auto end_of_scheme = given.find("://");
  const std::string_view scheme = std::string_view(given).substr(0, end_of_scheme);
  if (end_of_scheme == std::string::npos || (scheme != "https" && scheme != "http")) {
    return bad_origin(text, "it begins with https:// or http://");
  }
  std::string_view host = std::string_view(given).substr(end_of_scheme + 3);
  if (host.find_first_of("/?#") != std::string_view::npos) {
    return bad_origin(text, "it ends after host and port, without a path");
  }
  if (host.find('@') != std::string_view::npos) {
    return bad_origin(text, "it has no user name");
  }
  std::string port;
  const auto colon = host.rfind(':');
  if (colon != std::string_view::npos && !host.ends_with(']')) {
    const unsigned number = port_of(host.substr(colon + 1));
    if (number == 0) {
      return bad_origin(text, "a port is a number from 1 to 65535");
    }
    if (number != (scheme == "https" ? 443U : 80U)) {
      port = fmt::format(":{}", number);
    }
    host = host.substr(0, colon);
  }
  if (!is_origin_host(host)) {
    return bad_origin(text, "a host is a DNS name, an address, or \"*.\" before a DNS name");
  }
  return fmt::format("{}://{}{}", scheme, host, port);
}

}  // namespace peko::code
