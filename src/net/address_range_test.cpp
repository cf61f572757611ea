#include "net/address_range.hpp"

#include <gtest/gtest.h>

namespace peko::net {
namespace {

CanonicalIp ip(const std::string& text) {
  return canonical_ip(Address::parse(text.contains(':') ? "[" + text + "]:1" : text + ":1").value());
}

TEST(CanonicalIp, IsTheIpv4AddressInsideAnIpv6One) {
  const std::string_view rows[] = {
      "::ffff:192.0.2.33",      "::192.0.2.33",     "::ffff:0:192.0.2.33",
      "64:ff9b::192.0.2.33",    "2002:c000:221::1", "2002:c000:221:1:2:3:4:5",  // 6to4
      "2001:0:1234::3fff:fdde",  // Teredo: the client's address, inverted
  };
  for (const std::string_view row : rows) EXPECT_EQ(ip(std::string(row)), ip("192.0.2.33")) << row;
  EXPECT_NE(ip("::1"), ip("0.0.0.1"));
  EXPECT_NE(ip("::"), ip("0.0.0.0"));
  EXPECT_NE(ip("2001:db8::1"), ip("2001:db8::2"));
}

TEST(AddressRange, HoldsWhatSharesItsPrefix) {
  struct Row {
    std::string_view range;
    std::string in;
    std::string out;
  };
  const Row rows[] = {
      {"127.0.0.0/8", "127.255.255.255", "128.0.0.0"},
      {"172.16.0.0/12", "172.31.255.255", "172.32.0.0"},
      {"10.1.2.3", "10.1.2.3", "10.1.2.2"},
      {"10.1.2.3/32", "::ffff:10.1.2.3", "10.1.2.4"},
      {"10.0.0.0/7", "11.0.0.1", "12.0.0.0"},
      {"0.0.0.0/0", "255.255.255.255", "2600::1"},
      {"::/0", "2600::1", ""},
      {"::1", "::1", "::2:0:0:1"},
      {"fd00::/8", "fdff::1", "fc00::1"},
      {"2001:db8:8000::/33", "2001:db8:8000::1", "2001:db8:7fff::1"},
  };
  for (const Row& row : rows) {
    const auto range = AddressRange::parse(row.range);
    ASSERT_TRUE(range.has_value()) << range.error().message;
    EXPECT_TRUE(range->contains(ip(row.in))) << row.range << " " << row.in;
    if (!row.out.empty()) EXPECT_FALSE(range->contains(ip(row.out))) << row.range << " " << row.out;
  }
}

TEST(AddressRange, RefusesWhatIsNone) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"", "write an IP address"},
      {"localhost", "write an IP address"},
      {"10.0.0/8", "write an IP address"},
      {"010.0.0.0/8", "write an IP address"},
      {"[::1]/128", "write an IP address"},
      {"10.0.0.0/", "0 to 32 bits"},
      {"10.0.0.0/33", "0 to 32 bits"},
      {"10.0.0.0/-1", "0 to 32 bits"},
      {"10.0.0.0/8 ", "0 to 32 bits"},
      {"::/129", "0 to 128 bits"},
      {"10.0.0.1/8", "bits set beyond its prefix"},
      {"10.1.0.0/15", "bits set beyond its prefix"},
      {"fd00::1/8", "bits set beyond its prefix"},
      {"2002:7f00::/24", "the IPv4 address inside"},
      {"64:ff9b::/96", "the IPv4 address inside"},
      {"::127.0.0.1", "the IPv4 address inside"},
  };
  for (const auto& [text, why] : rows) {
    const auto range = AddressRange::parse(text);
    ASSERT_FALSE(range.has_value()) << text;
    EXPECT_NE(range.error().message.find(why), std::string::npos) << range.error().message;
  }
}

}  // namespace
}  // namespace peko::net
