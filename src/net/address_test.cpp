#include "net/address.hpp"

#include <gtest/gtest.h>

namespace peko::net {
namespace {

TEST(Address, ReadsWhatItWrites) {
  for (const char* text : {"127.0.0.1:3000", "0.0.0.0:8080", "[::1]:0", "[::]:65535", "[fe80::1:2]:80",
                           "255.255.255.255:1", "[1111:2222:3333:4444:5555:6666:7777:8888]:65535"}) {
    const Result<Address> address = Address::parse(text);
    ASSERT_TRUE(address.has_value()) << text;
    EXPECT_EQ(address->text(), text);
  }
}

TEST(Address, KnowsLocalhost) {
  const Result<Address> address = Address::parse("localhost:81");
  ASSERT_TRUE(address.has_value());
  EXPECT_EQ(address->text(), "127.0.0.1:81");
  EXPECT_EQ(address->port(), 81);
  EXPECT_EQ(address->family(), AF_INET);
}

TEST(Address, ShowsAMappedIpv4AddressAsIpv4) {
  const Result<Address> address = Address::parse("[::ffff:10.1.2.3]:9");
  ASSERT_TRUE(address.has_value());
  EXPECT_EQ(address->text(), "10.1.2.3:9");
}

TEST(Address, RefusesEverythingElse) {
  using namespace std::string_view_literals;
  for (const std::string_view text : {""sv,
                                      ":"sv,
                                      ":80"sv,
                                      "80"sv,
                                      "127.0.0.1"sv,
                                      "127.0.0.1:"sv,
                                      "127.0.0.1:65536"sv,
                                      "127.0.0.1:-1"sv,
                                      "127.0.0.1:+1"sv,
                                      "127.0.0.1:80x"sv,
                                      "127.0.0.1: 80"sv,
                                      "127.0.0.1 :80"sv,
                                      "127.0.0.256:80"sv,
                                      "127.1:80"sv,
                                      "::1:80"sv,
                                      "[::1]80"sv,
                                      "[::1:80"sv,
                                      "[]:80"sv,
                                      "[127.0.0.1]:80"sv,
                                      "example.com:80"sv,
                                      "localhost"sv,
                                      "LOCALHOST:80"sv,
                                      "127.0.0.1\0:80"sv,
                                      "[::1\0]:80"sv}) {
    const Result<Address> address = Address::parse(text);
    ASSERT_FALSE(address.has_value()) << text;
    EXPECT_EQ(address.error().code, Code::Invalid);
    EXPECT_NE(address.error().message.find("write host:port"), std::string::npos);
  }
}

TEST(Address, ReadsAHostThatIsAnAddress) {
  EXPECT_EQ(Address::numeric("10.1.2.3", 80).value().text(), "10.1.2.3:80");
  EXPECT_EQ(Address::numeric("fe80::1", 443).value().text(), "[fe80::1]:443");
  EXPECT_EQ(Address::numeric("10.1.2.3", 80).value().with_port(8080).text(), "10.1.2.3:8080");
  for (const std::string_view text :
       {"", "a", "localhost", "[::1]", "127.1", "2130706433", "0x7f.0.0.1", "010.0.0.1", "1.2.3.4.", " 1.2.3.4"}) {
    EXPECT_FALSE(Address::numeric(text, 80)) << text;
  }
  EXPECT_FALSE(Address::numeric(std::string_view("::1\0", 4), 80));
}

TEST(Address, IsToldFromANameInARequest) {
  for (const char* authority : {"127.0.0.1", "127.0.0.1:3000", "[::1]", "[::1]:3000", "192.168.1.2:80", "localhost"}) {
    EXPECT_TRUE(is_numeric(authority)) << authority;
  }
  for (const char* authority :
       {"", ":80", "app.localhost", "evil.example", "evil.example:3000", "127.0.0.1.evil.example"}) {
    EXPECT_FALSE(is_numeric(authority)) << authority;
  }
}

}  // namespace
}  // namespace peko::net
