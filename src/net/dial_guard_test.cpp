#include "net/dial_guard.hpp"

#include <gtest/gtest.h>

namespace peko::net {
namespace {

Address at(std::string_view text) { return Address::parse(text).value(); }

TEST(DialGuard, AllowsOnlyPublicAddresses) {
  const DialGuard guard({});
  for (const std::string_view good : {"8.8.8.8:80", "[2600::1]:443", "[::ffff:8.8.8.8]:1"}) {
    EXPECT_TRUE(guard.allows(at(good))) << good;
  }
  for (const std::string_view bad : {"127.0.0.1:80", "10.1.1.1:80", "169.254.169.254:80", "0.0.0.0:80", "[::1]:80",
                                     "[::ffff:127.0.0.1]:80", "[::]:80", "[fd00:ec2::254]:80", "224.0.0.1:80"}) {
    EXPECT_FALSE(guard.allows(at(bad))) << bad;
  }
}

TEST(DialGuard, AllowsWhatTheOperatorAllowsAndNoMore) {
  const DialGuard guard({AddressRange::parse("127.0.0.0/8").value(), AddressRange::parse("fd00:1::/32").value()});
  for (const std::string_view good : {"127.0.0.1:80", "127.9.9.9:1", "[::ffff:127.0.0.1]:80", "[fd00:1::5]:80"}) {
    EXPECT_TRUE(guard.allows(at(good))) << good;
  }
  for (const std::string_view bad : {"10.1.1.1:80", "0.0.0.0:80", "[::1]:80", "[::]:80", "[fd00:2::5]:80"}) {
    EXPECT_FALSE(guard.allows(at(bad))) << bad;
  }
}

TEST(DialGuard, NeverAllowsTheNodesOwnListeners) {
  DialGuard guard({AddressRange::parse("0.0.0.0/0").value(), AddressRange::parse("::/0").value()});
  guard.add_own_port(3000);
  for (const std::string_view own :
       {"127.0.0.1:3000", "127.0.0.2:3000", "0.0.0.0:3000", "[::1]:3000", "[::]:3000", "[::ffff:127.0.0.1]:3000"}) {
    EXPECT_FALSE(guard.allows(at(own))) << own;
  }
  EXPECT_TRUE(guard.allows(at("127.0.0.1:3001")));
}

}  // namespace
}  // namespace peko::net
