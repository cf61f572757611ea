#include "engine/origin.hpp"

#include <gtest/gtest.h>

#include "engine/outbound_grant.hpp"

namespace peko::engine {
namespace {

TEST(OutboundTarget, IsOriginAndPath) {
  struct Row {
    std::string_view uri;
    std::string_view origin;
    std::string_view authority;
    std::string_view path;
  };
  const Row rows[] = {
      {"http://a.example", "http://a.example", "a.example", "/"},
      {"HTTPS://A.example:443/B?c=%20d", "https://a.example", "a.example", "/B?c=%20d"},
      {"http://a.example:443/", "http://a.example:443", "a.example:443", "/"},
      {"http://[2001:DB8::1]:8080/x", "http://[2001:db8::1]:8080", "[2001:db8::1]:8080", "/x"},
      {"http://127.0.0.1/@x:y", "http://127.0.0.1", "127.0.0.1", "/@x:y"},
  };
  for (const Row& row : rows) {
    const auto target = OutboundTarget::parse(row.uri);
    ASSERT_TRUE(target.has_value()) << row.uri;
    EXPECT_EQ(target->origin.text(), row.origin);
    EXPECT_EQ(target->origin.authority(), row.authority);
    EXPECT_EQ(target->path, row.path);
  }
}

TEST(OutboundTarget, RefusesWhatIsNotPlain) {
  const std::string_view rows[] = {
      "",
      "/",
      "a.example/",
      "//a.example/",
      "ftp://a.example/",
      "javascript://a.example/",
      "http:/a.example/",
      "http:a.example",
      "http://",
      "http:///x",
      "http://a.example:/",
      "http://a.example:0/",
      "http://a.example:080/",
      "http://a.example:65536/",
      "http://a.example:80x/",
      "http://a.example:-1/",
      "http://a.example:80:80/",
      "http://user@a.example/",
      "http://user:pass@a.example/",
      "http://a.example@b.example/",
      "http://a.example:80@b.example/",
      "http://a.example\\@b.example/",
      "http://a.example#@b.example/",
      "http://a%2eexample/",
      "http://a.example%00.b.example/",
      "http://a.example./",
      "http://a..example/",
      "http://caf\xc3\xa9.example/",
      "http://a.example/\x01",
      "http://a.example/ x",
      "http://a.example/\r\nx: y",
      "http://a.example?x",
      "http://a.example/x#y",
      "http://[::1]x/",
      "http://[::1]:/",
      "http://[::1%25lo]/",
      "http://0x7f.1/",
      "http://2130706433/",
      "http://127.1/",
      "http:// a.example/",
      " http://a.example/",
  };
  for (const std::string_view row : rows) {
    const auto target = OutboundTarget::parse(row);
    ASSERT_FALSE(target.has_value()) << row;
    EXPECT_EQ(target.error(), ErrorCode::HttpRequestUriInvalid) << row;
  }
  EXPECT_EQ(OutboundTarget::parse("http://a.example/" + std::string(9000, 'x')).error(),
            ErrorCode::HttpRequestUriTooLong);
}

TEST(OriginPattern, IsSchemeHostAndPort) {
  struct Row {
    std::string_view given;
    std::string_view text;  // empty: an error
    std::string_view why;
  };
  const Row rows[] = {
      {"https://api.github.com", "https://api.github.com", ""},
      {"HTTPS://API.github.com", "https://api.github.com", ""},
      {"https://*.example.com", "https://*.example.com", ""},
      {"https://a.example:443", "https://a.example", ""},
      {"http://a.example:80", "http://a.example", ""},
      {"http://a.example:443", "http://a.example:443", ""},
      {"http://127.0.0.1:8080", "http://127.0.0.1:8080", ""},
      {"http://[::1]:8080", "http://[::1]:8080", ""},
      {"http://[::1]", "http://[::1]", ""},
      {"a.example", "", "begins with https:// or http://"},
      {"ftp://a.example", "", "begins with https:// or http://"},
      {"*", "", "begins with https:// or http://"},
      {"https://", "", "a host is a DNS name"},
      {"https://*", "", "a host is a DNS name"},
      {"https://a.*.example", "", "a host is a DNS name"},
      {"https://*.1.2.3.4", "", "a host is a DNS name"},
      {"https://127.1", "", "a host is a DNS name"},
      {"https://*.[::1]", "", "a host is a DNS name"},
      {"https://a.example\\b", "", "without a path"},
      {"https://[::zz]", "", "a host is a DNS name"},
      {"https://a.example/", "", "without a path"},
      {"https://a.example/v1", "", "without a path"},
      {"https://me@a.example", "", "no user name"},
      {"https://a.example:0", "", "a port is a number from 1 to 65535"},
      {"https://a.example:65536", "", "a port is a number from 1 to 65535"},
      {"https://a.example:", "", "a port is a number from 1 to 65535"},
      {"https://a.example:80x", "", "a port is a number from 1 to 65535"},
  };
  for (const Row& row : rows) {
    const Result<OriginPattern> pattern = OriginPattern::parse(row.given);
    ASSERT_EQ(pattern.has_value(), !row.text.empty()) << row.given;
    if (pattern) {
      EXPECT_EQ(pattern->text(), row.text);
    } else {
      EXPECT_NE(pattern.error().message.find(row.why), std::string::npos) << pattern.error().message;
    }
  }
}

TEST(OriginPattern, HoldsItsOwnOriginsOnly) {
  struct Row {
    std::string_view pattern;
    std::string_view uri;
    bool held;
  };
  const Row rows[] = {
      {"https://a.example", "https://a.example/x", true},
      {"https://a.example", "https://A.EXAMPLE:443/x", true},
      {"https://A.example:443", "https://a.example/", true},
      {"https://a.example", "http://a.example/", false},
      {"https://a.example", "http://a.example:443/", false},
      {"https://a.example", "https://a.example:8443/", false},
      {"https://a.example", "https://b.a.example/", false},
      {"https://a.example", "https://a.example.evil.example/", false},
      {"https://a.example", "https://xa.example/", false},
      {"https://*.a.example", "https://b.a.example/", true},
      {"https://*.a.example", "https://c.b.a.example/", true},
      {"https://*.a.example", "https://a.example/", false},
      {"https://*.a.example", "https://xa.example/", false},
      {"https://*.a.example", "https://b.a.example:8443/", false},
      {"https://*.a.example", "http://b.a.example/", false},
      {"https://*.a.example", "https://b.a.example.evil.example/", false},
      {"http://*.1.example:8080", "http://b.1.example:8080/", true},
      {"http://127.0.0.1:80", "http://127.0.0.1/", true},
      {"http://127.0.0.1", "http://[::ffff:127.0.0.1]/", false},
      {"http://[::1]:80", "http://[0:0::1]/", true},
      {"http://[::1]", "http://127.0.0.1/", false},
  };
  for (const Row& row : rows) {
    const auto pattern = OriginPattern::parse(row.pattern);
    ASSERT_TRUE(pattern.has_value()) << pattern.error().message;
    const auto target = OutboundTarget::parse(row.uri);
    ASSERT_TRUE(target.has_value()) << row.uri;
    EXPECT_EQ(pattern->holds(target->origin), row.held) << row.pattern << " " << row.uri;
  }
}

TEST(OutboundGrant, CountsWhatIsInFlight) {
  OutboundGrant grant("f", {OriginPattern::parse("https://a.example").value()}, 2);
  EXPECT_TRUE(grant.try_enter());
  EXPECT_TRUE(grant.try_enter());
  EXPECT_FALSE(grant.try_enter());
  grant.leave();
  EXPECT_TRUE(grant.try_enter());
  EXPECT_FALSE(grant.try_enter());
}

TEST(OutboundGrant, AllowsNothingByItself) {
  const OutboundGrant nothing("f", {}, 10);
  EXPECT_TRUE(nothing.empty());
  EXPECT_FALSE(nothing.allows(OutboundTarget::parse("https://a.example/").value().origin));
}

}  // namespace
}  // namespace peko::engine
