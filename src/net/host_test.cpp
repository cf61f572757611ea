#include "net/host.hpp"

#include <gtest/gtest.h>

namespace peko::net {
namespace {

TEST(Host, IsANameOrAnAddressInItsOneForm) {
  struct Row {
    std::string_view given;
    Host::Kind kind;
    std::string_view text;
    std::string_view in_url;
  };
  const Row rows[] = {
      {"a", Host::Kind::Name, "a", "a"},
      {"API.Example.com", Host::Kind::Name, "api.example.com", "api.example.com"},
      {"xn--bcher-kva.example", Host::Kind::Name, "xn--bcher-kva.example", "xn--bcher-kva.example"},
      {"1.example", Host::Kind::Name, "1.example", "1.example"},
      {"0x7f.example", Host::Kind::Name, "0x7f.example", "0x7f.example"},
      {"10.0.0.1a", Host::Kind::Name, "10.0.0.1a", "10.0.0.1a"},
      {"a.0xg", Host::Kind::Name, "a.0xg", "a.0xg"},
      {"127.0.0.1", Host::Kind::V4, "127.0.0.1", "127.0.0.1"},
      {"255.255.255.255", Host::Kind::V4, "255.255.255.255", "255.255.255.255"},
      {"[::1]", Host::Kind::V6, "::1", "[::1]"},
      {"[0:0:0:0:0:0:0:1]", Host::Kind::V6, "::1", "[::1]"},
      {"[2001:DB8:0::A]", Host::Kind::V6, "2001:db8::a", "[2001:db8::a]"},
      {"[::ffff:7f00:1]", Host::Kind::V6, "::ffff:127.0.0.1", "[::ffff:127.0.0.1]"},
  };
  for (const Row& row : rows) {
    const auto host = Host::parse(row.given);
    ASSERT_TRUE(host.has_value()) << row.given;
    EXPECT_EQ(host->kind(), row.kind) << row.given;
    EXPECT_EQ(host->text(), row.text);
    EXPECT_EQ(host->in_url(), row.in_url);
  }
}

TEST(Host, RefusesWhatCouldBeReadInTwoWays) {
  const std::string long_label = std::string(64, 'a') + ".example";
  const std::string long_name =
      std::string(63, 'a') + "." + std::string(63, 'b') + "." + std::string(63, 'c') + "." + std::string(63, 'd');
  const std::string_view rows[] = {
      "",
      ".",
      "a.",
      ".a",
      "a..b",
      "-a",
      "a-",
      "a_b",
      "a b",
      "a%2eb",
      "%31",
      "a:80",
      "user@a",
      "a/b",
      "a\\b",
      "a#b",
      "a?b",
      {"a\0b", 3},
      "caf\xc3\xa9.example",
      "\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1",
      "127\xe3\x80\x82"
      "0.0.1",
      // Other ways to write 127.0.0.1 and its like.
      "127.1",
      "127.0.1",
      "2130706433",
      "0x7f000001",
      "0x7f.0.0.1",
      "0X7F.0.0.1",
      "0177.0.0.1",
      "127.0.0.01",
      "00127.0.0.1",
      "127.0.0.1.",
      "127.0.0.0x1",
      "0",
      "0x",
      "0x.",
      "1.2.3.4.5",
      "256.1.1.1",
      "127.0.0.1e0.0",
      "999999999999999999999",
      "[",
      "[]",
      "[::1",
      "::1]",
      "::1",
      "[::1%25lo]",
      "[::1%lo]",
      "[fe80::1%1]",
      "[127.0.0.1]",
      "[::127.0.0.0.1]",
      {"[::1\0]", 6},
      "[:::1]",
      "[1::2::3]",
      "[g::1]",
      " 127.0.0.1",
      "127.0.0.1 ",
      long_label,
      long_name,
  };
  for (const std::string_view row : rows) EXPECT_FALSE(Host::parse(row).has_value()) << row;
}

}  // namespace
}  // namespace peko::net
