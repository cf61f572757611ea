/// How versions are written, in hosts, fields, cookies and the log: "v12".
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace peko::edge {

/// Request field, response field and cookie that carry one.
inline constexpr std::string_view kVersionField = "peko-version";

/// The number in "v12"; 0 when it is none (a leading zero is none).
std::uint32_t version_number(std::string_view text);

/// "v12", without an allocation.
class VersionText {
 public:
  explicit VersionText(std::uint32_t number);
  [[nodiscard]] std::string_view view() const { return {characters_.data(), size_}; }

 private:
  std::array<char, 11> characters_{};
  std::size_t size_;
};

/// The set-cookie field that keeps a client with a version.
std::string version_cookie(std::string_view version);

}  // namespace peko::edge
