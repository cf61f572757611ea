#include "code/manifest_values.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "keyvalue/check.hpp"
#include "net/host.hpp"

namespace peko::code {
namespace {

constexpr std::size_t kLabelMax = 63;    // RFC 1035, section 2.3.4
constexpr std::size_t kRouteMax = 1024;  // far above any real one; keeps tables small

bool is_label_character(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; }

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return result;
}

std::unexpected<Error> bad_route(std::string_view text, std::string_view why) {
  return fail(Code::Invalid,
              fmt::format("\"{}\" is not a route: {} (for instance \"api.example.com/v1/*\")", text, why));
}

}  // namespace

Status check_name(std::string_view name) {
  if (net::is_dns_name(name) && !name.contains('.')) {
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
  if (!net::is_dns_name(host)) {
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

Result<std::string> store_name(std::string_view text) {
  if (Status good = keyvalue::check_store_name(text); !good) {
    return fail(std::move(good.error()));
  }
  return std::string(text);
}

Status check_variable(std::string_view name, std::string_view value) {
  if (name.empty() || name.find_first_of(std::string_view("=\0", 2)) != std::string_view::npos) {
    return fail(Code::Invalid,
                fmt::format("\"{}\" cannot be the name of an environment variable", name.substr(0, name.find('\0'))));
  }
  if (value.contains('\0')) {
    return fail(Code::Invalid, fmt::format("the value of \"{}\" holds a zero byte", name));
  }
  return {};
}

}  // namespace peko::code
