/// Host: the host of a URL, read so that no two programs can read it differently.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace peko::net {

/// A DNS name of at most 253 characters in lower case: labels of a-z, 0-9 and '-' (RFC 1123, section 2.1), no dot at
/// the end.
bool is_dns_name(std::string_view text);

/// A value. Two hosts are the same when kind and text are.
class Host {
 public:
  enum class Kind : std::uint8_t { Name, V4, V6 };

  /// A DNS name in any case, an IPv4 address of four decimal numbers, or an IPv6 address in brackets. Nothing for all
  /// else: percent-encoding, characters that are not ASCII, a dot at the end, a zone, and every other way to write an
  /// IPv4 address (127.1, 0x7f.0.0.1, 0177.0.0.1, 2130706433), which a resolver would take for one.
  static std::optional<Host> parse(std::string_view text);

  [[nodiscard]] Kind kind() const { return kind_; }
  /// In lower case; an IPv6 address without brackets, as RFC 5952 writes it.
  [[nodiscard]] const std::string& text() const { return text_; }
  /// As it stands in a URL: an IPv6 address in brackets.
  [[nodiscard]] std::string in_url() const { return kind_ == Kind::V6 ? "[" + text_ + "]" : text_; }

  bool operator==(const Host&) const = default;

 private:
  Host(Kind kind, std::string text) : kind_(kind), text_(std::move(text)) {}

  Kind kind_;
  std::string text_;
};

}  // namespace peko::net
