#include "base/base64url.hpp"

#include <gtest/gtest.h>

namespace peko {
namespace {

// RFC 4648, section 10, without the padding.
TEST(Base64Url, MatchesThePublishedVectors) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
      {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xfb\xff", "-_8"}};
  for (const auto& [bytes, text] : rows) {
    EXPECT_EQ(base64url(bytes), text);
    EXPECT_EQ(from_base64url(text), bytes);
  }
}

TEST(Base64Url, RefusesWhatItDoesNotMake) {
  for (const std::string_view text : {"Z", "Zg==", "Zm9vY", "Zh", "Zm9", "Zg ", "+/8", "Zg\n"}) {
    EXPECT_EQ(from_base64url(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace peko
