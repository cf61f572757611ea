#include "code/asset_path.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace peko::code {
namespace {

constexpr std::string_view kWellKnown = ".well-known";  // RFC 8615

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_forbidden(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f || c == '\\';
}

/// What is wrong with one name of a path; empty: nothing.
std::string_view fault_of_segment(std::string_view segment, bool at_top) {
  if (segment.empty()) return "has an empty part";
  if (segment.front() == '.' && !(at_top && segment == kWellKnown)) {
    return "has a name that begins with '.'";
  }
  if (std::ranges::any_of(segment, is_forbidden)) return "has a control character or a backslash";
  return {};
}

std::string_view fault_of_path(std::string_view path) {
  if (path.size() > kAssetPathBytesMax) return "is too long";
  bool at_top = true;
  for (;;) {
    const std::size_t slash = path.find('/');
    if (const std::string_view fault = fault_of_segment(path.substr(0, slash), at_top); !fault.empty()) return fault;
    if (slash == std::string_view::npos) return {};
    path.remove_prefix(slash + 1);
    at_top = false;
  }
}

}  // namespace

Status check_asset_path(std::string_view path) {
  const std::string_view fault = fault_of_path(path);
  return fault.empty() ? Status() : fail(Code::Invalid, std::string(fault));
}

bool asset_path_of(std::string_view target, std::string& path) {
  path.clear();
  target = target.substr(0, target.find('?'));
  if (target.empty() || target.front() != '/') return false;
  target.remove_prefix(1);
  for (std::size_t i = 0; i < target.size(); ++i) {
    char c = target[i];
    if (c == '%') {
      const int high = i + 1 < target.size() ? digit_of(target[i + 1]) : -1;
      const int low = i + 2 < target.size() ? digit_of(target[i + 2]) : -1;
      if (high < 0 || low < 0) return false;
      c = static_cast<char>(high * 16 + low);
      if (c == '/') return false;  // part of a name, which no file can have
      i += 2;
    }
    path += c;
  }
  std::string_view names = path;
  if (names.ends_with('/')) names.remove_suffix(1);
  return path.empty() || fault_of_path(names).empty();
}

}  // namespace peko::code
