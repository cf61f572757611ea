/// How an asset answers a request: which form of it, which part, or that the client has it. Pure functions (RFC 9110).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/hash.hpp"
#include "http/message.hpp"

namespace peko::edge {

/// The content codings that assets come in.
enum class Coding : std::uint8_t { Plain, Brotli, Gzip };

/// As content-encoding has it; empty for Plain.
std::string_view to_string(Coding coding);

struct Codings {
  bool brotli = false;
  bool gzip = false;
};
/// The one of those at hand that the client likes best (section 12.5.3); of two that it likes as much, the smaller one.
/// Plain also when it accepts nothing that there is.
Coding choose_coding(http::Fields request, Codings at_hand);

/// A strong entity tag: half of the bytes' hash, in quotes. Another form of the same file has another one.
class EntityTag {
 public:
  explicit EntityTag(const Digest& hash);
  [[nodiscard]] std::string_view view() const { return {text_.data(), text_.size()}; }

 private:
  std::array<char, 34> text_;
};

struct AssetPlan {
  unsigned status = 200;  ///< 200, 206, 304, 412, 416
  std::uint64_t first = 0;
  std::uint64_t size = 0;  ///< of the bytes to send, from `first` on
};
/// What is sent of `size` bytes that have `tag`: preconditions in the order of section 13.2.2, then the range. No dates
/// are known, so conditions that name one count as not met. Several ranges, and those of a HEAD, are ignored, as a
/// server may.
AssetPlan plan_asset(const http::RequestHead& request, std::string_view tag, std::uint64_t size);

}  // namespace peko::edge
