#include "edge/head_copy.hpp"

#include <gtest/gtest.h>

namespace peko::edge {
namespace {

TEST(HeadCopy, OutlivesWhatItWasMadeFrom) {
  std::string bytes = "POST/path?queryhost.exampleacceptapplication/json";
  const std::string_view view = bytes;
  const http::Field fields[] = {{view.substr(27, 6), view.substr(33)}, {"empty", ""}};
  const HeadCopy copy({.method = view.substr(0, 4),
                       .target = view.substr(4, 11),
                       .authority = view.substr(15, 12),
                       .fields = fields,
                       .version = http::Version::Http10,
                       .scheme = http::Scheme::Https,
                       .body_length = 7});
  bytes.assign(bytes.size(), '-');
  const http::RequestHead& head = copy.head();
  EXPECT_EQ(head.method, "POST");
  EXPECT_EQ(head.target, "/path?query");
  EXPECT_EQ(head.authority, "host.example");
  ASSERT_EQ(head.fields.size(), 2U);
  EXPECT_EQ(http::find(head.fields, "accept"), "application/json");
  EXPECT_EQ(http::find(head.fields, "empty"), "");
  EXPECT_EQ(head.version, http::Version::Http10);
  EXPECT_EQ(head.scheme, http::Scheme::Https);
  EXPECT_EQ(head.body_length, 7U);
}

}  // namespace
}  // namespace peko::edge
