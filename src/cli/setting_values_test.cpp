#include "cli/setting_values.hpp"

#include <gtest/gtest.h>

namespace peko::cli {
namespace {

struct Row {
  std::string_view given;
  std::string_view result;  // empty: an error
  std::string_view why;
};

TEST(ListenAddress, IsANumericHostAndAPort) {
  const Row rows[] = {
      {"127.0.0.1:3000", "127.0.0.1:3000", ""},
      {"0.0.0.0:0", "0.0.0.0:0", ""},
      {"[::1]:65535", "[::1]:65535", ""},
      {"localhost:80", "127.0.0.1:80", ""},
      {"3000", "", "\"3000\" is not an address to listen on: write HOST:PORT, for instance 127.0.0.1:3000"},
      {":8080", "", "for instance 127.0.0.1:8080"},
      {"", "", "for instance 127.0.0.1:3000"},
      {"127.0.0.1", "", "for instance 127.0.0.1:3000"},
      {"127.0.0.1:", "", "with a port from 0 to 65535"},
      {"127.0.0.1:65536", "", "with a port from 0 to 65535"},
      {"127.0.0.1:-1", "", "with a port from 0 to 65535"},
      {"127.0.0.1:80 ", "", "with a port from 0 to 65535"},
      {"::1:80", "", "in brackets, for instance [::1]:3000"},
      {"[::g]:80", "", "a numeric address of this machine"},
      {"example.com:80", "", "a numeric address of this machine"},
      {"1.2.3:80", "", "a numeric address of this machine"},
  };
  for (const Row& row : rows) {
    const auto address = listen_address(row.given);
    ASSERT_EQ(address.has_value(), !row.result.empty()) << row.given;
    if (address) {
      EXPECT_EQ(*address, row.result);
    } else {
      EXPECT_NE(address.error().message.find(row.why), std::string::npos) << address.error().message;
    }
  }
}

TEST(CodeStore, IsAFolderOrAUrlOfAKindThatThereIs) {
  for (const std::string_view good :
       {"/srv/peko", "store", "file:///srv/peko", "s3://bucket/prefix?region=eu-west-1"}) {
    EXPECT_EQ(code_store(good).value_or(""), good);
  }
  EXPECT_EQ(code_store("file://srv/peko").error().code, Code::Invalid);
  EXPECT_EQ(code_store("s3://bucket?regoin=x").error().code, Code::Invalid);
  EXPECT_EQ(code_store("https://a.example/").error().message,
            "\"https://a.example/\" is not a code store: give a folder, file:///path or s3://bucket/prefix");
  EXPECT_FALSE(code_store("").has_value());
}

TEST(WholeNumber, HasDigitsOnlyAndARange) {
  EXPECT_EQ(whole_number("0", 0, 5).value(), 0U);
  EXPECT_EQ(whole_number("5", 0, 5).value(), 5U);
  for (const std::string_view bad :
       {"6", "-1", "+1", "1.0", "0x1", "1 ", " 1", "", "many", "99999999999999999999999"}) {
    EXPECT_FALSE(whole_number(bad, 0, 5).has_value()) << bad;
  }
  EXPECT_EQ(whole_number("many", 1, 5).error().message, "\"many\" is not a whole number from 1 to 5");
}

TEST(Domain, IsAHostNameInLowerCase) {
  EXPECT_EQ(domain_name("FN.example.com").value(), "fn.example.com");
  EXPECT_EQ(domain_name("localhost").value(), "localhost");
  for (const std::string_view bad : {"", ".", "a..b", "-a.example", "a_b", "a.example.", "a.example:80", "*.example"}) {
    EXPECT_FALSE(domain_name(bad).has_value()) << bad;
  }
}

TEST(Secret, IsLongAndVisibleAndNotInTheError) {
  EXPECT_EQ(secret("0123456789abcdef").value(), "0123456789abcdef");
  for (const std::string& bad : {std::string(), std::string("hunter2"), std::string(257, 'x'),
                                 std::string("0123456789 abcdef"), std::string("0123456789abcd\xc3\xa9")}) {
    const auto read = secret(bad);
    ASSERT_FALSE(read.has_value()) << bad;
    EXPECT_TRUE(bad.empty() || read.error().message.find(bad) == std::string::npos);
  }
}

TEST(AdminAddress, IsAnAddressOrOff) {
  EXPECT_EQ(admin_address("127.0.0.1:7070").value(), "127.0.0.1:7070");
  EXPECT_EQ(admin_address("off").value(), "");
  EXPECT_FALSE(admin_address("7070").has_value());
  EXPECT_FALSE(admin_address("").has_value());
}

TEST(WebhookUrl, IsHttpAndNotInTheError) {
  EXPECT_EQ(webhook_url("https://hooks.example/T0/s3cret").value(), "https://hooks.example/T0/s3cret");
  EXPECT_EQ(webhook_url("http://127.0.0.1:9/x").value(), "http://127.0.0.1:9/x");
  for (const std::string_view bad : {"", "https://", "hooks.example/s3cret", "ftp://h/s3cret", "https://h/s3 cret",
                                     "file:///s3cret", "https://h/s3cret\n"}) {
    const auto read = webhook_url(bad);
    ASSERT_FALSE(read.has_value()) << bad;
    EXPECT_EQ(read.error().message.find("cret"), std::string::npos);
  }
}

TEST(AddressRanges, AreAListOrNone) {
  EXPECT_EQ(address_ranges("10.0.0.0/8,fd00::/8").value().size(), 2U);
  EXPECT_EQ(address_ranges("10.0.0.0/8, fd00::/8").value().size(), 2U);
  EXPECT_TRUE(address_ranges("none").value().empty());
  for (const std::string_view bad : {"", "10.0.0.0/8,", "10.0.0.0/8 fd00::/8", "private", "10.0.0.0/8,none"}) {
    EXPECT_FALSE(address_ranges(bad).has_value()) << bad;
  }
  EXPECT_EQ(address_ranges("10.0.0.1/8").error().message,
            "\"10.0.0.1/8\" is not a range of addresses: it has bits set beyond its prefix (for instance 10.0.0.0/8 or "
            "fd00::/8)");
}

TEST(Words, AreOneOfTheirChoices) {
  EXPECT_EQ(log_format("text").value(), node::LogFormat::Text);
  EXPECT_EQ(log_format("json").value(), node::LogFormat::Json);
  EXPECT_EQ(log_format("off").value(), node::LogFormat::Off);
  EXPECT_FALSE(log_format("JSON").has_value());
}

}  // namespace
}  // namespace peko::cli
