#include "code/deployment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace peko::code {
namespace {

constexpr std::string_view kHexDigits = "0123456789ABCDEF";

bool stands_for_itself(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
         c == '~' || c == '-';
}

/// RFC 3986, section 2.1, of everything but its unreserved characters.
std::string percent_encoded(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (stands_for_itself(c)) {
      result += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      result += {'%', kHexDigits[byte >> 4U], kHexDigits[byte & 15U]};
    }
  }
  return result;
}

}  // namespace

std::string version_name(VersionNumber number) { return "v" + std::to_string(number); }

Result<VersionNumber> parse_version_name(std::string_view text) {
  const std::string_view digits = text.starts_with('v') ? text.substr(1) : text;
  VersionNumber number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size() || digits.starts_with('0') || number > kVersionMax) {
    return fail(Code::Invalid, fmt::format("\"{}\" is no version: expected a number such as v12", text.substr(0, 40)));
  }
  return number;
}

std::string pointer_key(std::string_view function) { return fmt::format("functions/{}/current.json", function); }

std::string version_key(std::string_view function, VersionNumber number) {
  return fmt::format("versions/{}/{}.json", function, number);
}

std::string component_key(const Digest& component) { return fmt::format("components/{}.wasm", hex(component)); }

std::string code_key(CodeKind kind, const Digest& code) {
  return kind == CodeKind::Script ? fmt::format("scripts/{}.js", hex(code)) : component_key(code);
}

std::string asset_key(const Digest& asset) { return fmt::format("assets/{}", hex(asset)); }

std::string asset_index_key(const Digest& index) { return fmt::format("indexes/{}.json", hex(index)); }

std::string source_map_key(const Digest& source_map) { return fmt::format("scripts/{}.map", hex(source_map)); }

std::string artifact_key(std::string_view engine_id, const Digest& component) {
  return fmt::format("artifacts/{}/{}.cwasm", engine_id, hex(component));
}

std::string route_key(std::string_view route, std::string_view function) {
  return fmt::format("routes/{}/{}", percent_encoded(route), function);
}

Result<std::string> route_of_segment(std::string_view segment) {
  std::string route;
  for (std::size_t i = 0; i < segment.size(); ++i) {
    if (segment[i] != '%') {
      route += segment[i];
      continue;
    }
    const std::string_view digits = segment.substr(i + 1, 2);
    unsigned byte = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    if (error != std::errc() || digits.size() != 2 || end != digits.data() + 2) {
      return fail(Code::Invalid, "a % is not followed by two hexadecimal digits");
    }
    route += static_cast<char>(byte);
    i += 2;
  }
  if (percent_encoded(route) != segment) {
    return fail(Code::Invalid, "it is not percent-encoded as routes are");
  }
  return route;
}

}  // namespace peko::code
