#include "cloud/url.hpp"

#include <gtest/gtest.h>

namespace peko::cloud {
namespace {

TEST(Url, IsTakenApart) {
  const auto url = Url::parse("https://user:pass@Minio.example:9000/a%20b/?list-type=2&x=?y#part");
  ASSERT_TRUE(url.has_value());
  EXPECT_EQ(url->scheme, "https");
  EXPECT_EQ(url->authority, "Minio.example:9000");
  EXPECT_EQ(url->host, "Minio.example");
  EXPECT_EQ(url->path, "/a%20b/");
  EXPECT_EQ(url->query, "list-type=2&x=?y");
}

TEST(Url, HasAPathAlways) {
  for (const std::string_view text : {"http://h", "http://h/", "http://h?q=/", "http://h#/x"}) {
    const auto url = Url::parse(text);
    ASSERT_TRUE(url.has_value()) << text;
    EXPECT_EQ(url->path, "/") << text;
    EXPECT_EQ(url->host, "h") << text;
  }
}

TEST(Url, TakesBracketsOffAnAddress) {
  const auto url = Url::parse("http://[fd00:ec2::254]:80/latest");
  ASSERT_TRUE(url.has_value());
  EXPECT_EQ(url->host, "fd00:ec2::254");
  EXPECT_EQ(url->host_header(), "[fd00:ec2::254]");
}

TEST(Url, RefusesWhatIsNone) {
  for (const std::string_view text : {"", "h", "//h", "ftp://h/", "file:///x", "http://", "http:///x", "http://:80/",
                                      "http://[::1/", "http://a b/", "http://a\n/", "http://u@/"}) {
    EXPECT_FALSE(Url::parse(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace peko::cloud
