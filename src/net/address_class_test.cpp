#include "net/address_class.hpp"

#include <gtest/gtest.h>

namespace peko::net {
namespace {

TEST(AddressClass, IsThatOfTheRegistries) {
  using enum AddressClass;
  struct Row {
    std::string_view address;
    AddressClass kind;
  };
  const Row rows[] = {
      {"1.1.1.1", Public},
      {"8.8.8.8", Public},
      {"9.255.255.255", Public},
      {"11.0.0.0", Public},
      {"100.63.255.255", Public},
      {"100.128.0.0", Public},
      {"126.255.255.255", Public},
      {"128.0.0.0", Public},
      {"169.253.255.255", Public},
      {"169.255.0.0", Public},
      {"172.15.255.255", Public},
      {"172.32.0.0", Public},
      {"192.167.255.255", Public},
      {"198.17.255.255", Public},
      {"198.20.0.0", Public},
      {"223.255.255.255", Public},
      {"0.0.0.0", Unspecified},
      {"0.255.255.255", Unspecified},
      {"10.0.0.0", Private},
      {"10.255.255.255", Private},
      {"100.64.0.0", Shared},
      {"100.127.255.255", Shared},
      {"100.100.100.200", Metadata},
      {"127.0.0.1", Loopback},
      {"127.255.255.255", Loopback},
      {"168.63.129.16", Metadata},
      {"169.254.0.1", LinkLocal},
      {"169.254.169.254", Metadata},
      {"169.254.170.2", Metadata},
      {"172.16.0.0", Private},
      {"172.31.255.255", Private},
      {"192.0.0.1", Reserved},
      {"192.0.0.192", Metadata},
      {"192.0.2.1", Documentation},
      {"192.88.99.1", Reserved},
      {"192.168.0.1", Private},
      {"198.18.0.0", Benchmarking},
      {"198.19.255.255", Benchmarking},
      {"198.51.100.1", Documentation},
      {"203.0.113.1", Documentation},
      {"224.0.0.1", Multicast},
      {"239.255.255.255", Multicast},
      {"240.0.0.1", Reserved},
      {"255.255.255.254", Reserved},
      {"255.255.255.255", Broadcast},
      {"2600::1", Public},
      {"2001:4860:4860::8888", Public},
      {"::", Unspecified},
      {"::1", Loopback},
      {"::2", Unspecified},  // 0.0.0.2
      {"::127.0.0.1", Loopback},
      {"::ffff:127.0.0.1", Loopback},
      {"::ffff:0:10.0.0.1", Private},
      {"::ffff:169.254.169.254", Metadata},
      {"::ffff:8.8.8.8", Public},
      {"64:ff9b::10.0.0.1", Private},
      {"64:ff9b::8.8.8.8", Public},
      {"64:ff9b:1::1", Reserved},
      {"100::1", Reserved},
      {"2001::1", Reserved},                   // Teredo of 255.255.255.254
      {"2001:0:0:0:0:0:80ff:fffe", Loopback},  // Teredo of 127.0.0.1
      {"2001:2::1", Benchmarking},
      {"2001:20::1", Reserved},
      {"2001:db8::1", Documentation},
      {"2002:7f00:1::", Loopback},  // 6to4 of 127.0.0.1
      {"2002:a00:1::1", Private},
      {"2002:808:808::1", Public},
      {"3fff::1", Documentation},
      {"4000::1", Reserved},
      {"5f00::1", Reserved},
      {"fc00::1", Private},
      {"fdff::1", Private},
      {"fd00:ec2::254", Metadata},
      {"fd00:ec2::23", Metadata},
      {"fd20:ce::254", Metadata},
      {"fd00:c1::a9fe:a9fe", Metadata},
      {"fe80::1", LinkLocal},
      {"febf::1", LinkLocal},
      {"fec0::1", Private},
      {"ff02::1", Multicast},
  };
  for (const auto& [address, kind] : rows) {
    const std::string text(address);
    const auto parsed = Address::parse(text.contains(':') ? "[" + text + "]:1" : text + ":1");
    ASSERT_TRUE(parsed.has_value()) << text;
    EXPECT_EQ(to_string(classify(canonical_ip(*parsed))), to_string(kind)) << text;
  }
}

}  // namespace
}  // namespace peko::net
