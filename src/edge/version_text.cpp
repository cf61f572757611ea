#include "edge/version_text.hpp"

#include <charconv>
#include <limits>
#include <tuple>

#include "base/assert.hpp"

namespace peko::edge {

namespace {

// For the session, for scripts of the page not to see, and not for requests that other sites cause (RFC 6265bis).
constexpr std::string_view kCookieSettings = "; Path=/; HttpOnly; SameSite=Lax";

}  // namespace

std::uint32_t version_number(std::string_view text) {
  if (text.size() < 2 || text[0] != 'v' || text[1] < '1' || text[1] > '9') return 0;
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? number : 0;
}

VersionText::VersionText(std::uint32_t number) {
  static_assert(std::numeric_limits<std::uint32_t>::digits10 + 2 <= std::tuple_size_v<decltype(characters_)>);
  characters_[0] = 'v';
  const auto [end, error] = std::to_chars(characters_.data() + 1, characters_.data() + characters_.size(), number);
  PEKO_ASSERT(error == std::errc(), "ten digits hold every number of 32 bits");
  size_ = static_cast<std::size_t>(end - characters_.data());
}

std::string version_cookie(std::string_view version) {
  std::string cookie(kVersionField);
  cookie.append("=").append(version).append(kCookieSettings);
  return cookie;
}

}  // namespace peko::edge
