#include <gtest/gtest.h>

#include "cloud/credentials_place.hpp"
#include "cloud/fake_transport.hpp"
#include "cloud/test_home.hpp"

namespace peko::cloud {
namespace {

constexpr std::string_view kRelative = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
constexpr std::string_view kFull = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
constexpr std::string_view kGood =
    R"({"AccessKeyId":"ASIA","SecretAccessKey":"s","Token":"t","Expiration":"2026-01-01T06:00:00Z","RoleArn":"r"})";

Environment with(std::string_view name, std::string_view value) { return {{std::string(name), std::string(value)}}; }

TEST(ContainerPlace, AsksTheAgentOfEcs) {
  FakeTransport transport;
  transport.answer("GET http://169.254.170.2/v2/credentials/7", {.status = 200, .body = std::string(kGood)});
  const auto found = container_place(with(kRelative, "/v2/credentials/7"), transport)->look();
  ASSERT_TRUE(found.has_value()) << found.error().message;
  EXPECT_EQ(found->access_key_id, "ASIA");
  ASSERT_TRUE(found->expires.has_value());
  ASSERT_EQ(transport.asked().size(), 1U);
  const HttpRequest request = transport.asked()[0].request;
  EXPECT_EQ(request.proxy, Proxy::Never);
  EXPECT_LE(request.total_timeout, std::chrono::seconds(3));
  EXPECT_EQ(header_of(request, "authorization"), "");
}

TEST(ContainerPlace, AsksTheAgentOfEksWithTheTokenThatLiesInAFileNow) {
  const TestHome home;
  FakeTransport transport;
  const std::string url = "http://169.254.170.23/v1/credentials";
  transport.answer("GET " + url, {.status = 200, .body = std::string(kGood)});
  Environment environment = with(kFull, url);
  environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = home.write("token", "one\n");
  environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "the file goes first";
  const auto place = container_place(environment, transport);
  ASSERT_TRUE(place->look().has_value());
  home.write("token", "Bearer two");
  ASSERT_TRUE(place->look().has_value());
  EXPECT_EQ(header_of(transport.asked()[0].request, "authorization"), "one");
  EXPECT_EQ(header_of(transport.asked()[1].request, "authorization"), "Bearer two");
}

TEST(ContainerPlace, SendsTheTokenOfTheEnvironment) {
  FakeTransport transport;
  transport.answer("GET http://localhost:8080/c", {.status = 200, .body = std::string(kGood)});
  Environment environment = with(kFull, "http://localhost:8080/c");
  environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "Basic abc";
  ASSERT_TRUE(container_place(environment, transport)->look().has_value());
  EXPECT_EQ(header_of(transport.asked()[0].request, "authorization"), "Basic abc");
}

TEST(ContainerPlace, AsksWithoutTlsOnlyWhereNobodyIsInBetween) {
  for (const std::string url :
       {"http://127.0.0.1/c", "http://127.9.9.9:80/c", "http://[::1]/c", "http://localhost/c", "http://169.254.170.2/c",
        "http://169.254.170.23/c", "http://[fd00:ec2::23]/c", "https://credentials.example/c"}) {
    FakeTransport transport;
    transport.answer("GET " + url, {.status = 200, .body = std::string(kGood)});
    EXPECT_TRUE(container_place(with(kFull, url), transport)->look().has_value()) << url;
  }
  for (const std::string url :
       {"http://credentials.example/c", "http://127.0.0.1.example/c", "http://127.example/c", "http://10.0.0.1/c",
        "http://169.254.170.24/c", "http://127.0.0.1@evil.example/c", "http://localhost.evil/c", "ftp://127.0.0.1/c",
        "127.0.0.1/c", "http://127.0.0.1/c d"}) {
    FakeTransport transport;
    const auto found = container_place(with(kFull, url), transport)->look();
    ASSERT_FALSE(found.has_value()) << url;
    EXPECT_EQ(found.error().code, Code::Denied) << url;
    EXPECT_TRUE(transport.asked().empty()) << url;
  }
}

TEST(ContainerPlace, IsNotThereWithoutItsVariables) {
  FakeTransport transport;
  const auto found = container_place({}, transport)->look();
  ASSERT_FALSE(found.has_value());
  EXPECT_EQ(found.error().code, Code::NotFound);
  EXPECT_TRUE(transport.asked().empty());
}

TEST(ContainerPlace, RefusesSettingsThatAreWrong) {
  const TestHome home;
  const std::vector<Environment> rows = {
      with(kRelative, "v2/credentials"),
      with(kRelative, "/v2\r\nx: y"),
      {{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/c"}, {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "a\r\nx: y"}},
      {{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/c"},
       {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", home.path("nothing")}},
      {{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/c"},
       {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", home.write("lines", "hush\nhush")}},
      {{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/c"},
       {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", home.write("empty", "\n")}},
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    FakeTransport transport;
    const auto found = container_place(rows[i], transport)->look();
    ASSERT_FALSE(found.has_value()) << i;
    EXPECT_EQ(found.error().code, Code::Denied) << i;
    EXPECT_EQ(found.error().message.find("hush"), std::string::npos);
    EXPECT_TRUE(transport.asked().empty()) << i;
  }
}

TEST(ContainerPlace, SaysWhatTheAgentSays) {
  struct Row {
    HttpResponse response;
    Code code;
    std::string_view says;
  };
  const std::vector<Row> rows = {
      {{.status = 403, .body = R"({"code":"AccessDenied","message":"no task role"})"},
       Code::Denied,
       "status 403 (AccessDenied: no task role)"},
      {{.status = 404, .body = "<html>"}, Code::Denied, "status 404"},
      {{.status = 429}, Code::Unavailable, "status 429"},
      {{.status = 500}, Code::Unavailable, "status 500"},
      {{.status = 302}, Code::Unavailable, "status 302"},
      {{.status = 200, .body = "hello"}, Code::Unavailable, "no JSON object"},
      {{.status = 200, .body = std::string(100'000, ' ')}, Code::Unavailable, "an answer of 97.7 KiB"},
  };
  for (const Row& row : rows) {
    FakeTransport transport;
    transport.answer("GET http://169.254.170.2/c", row.response);
    const auto found = container_place(with(kRelative, "/c"), transport)->look();
    ASSERT_FALSE(found.has_value()) << row.says;
    EXPECT_EQ(found.error().code, row.code) << row.says;
    EXPECT_NE(found.error().message.find(row.says), std::string::npos) << found.error().message;
  }
  FakeTransport silent;
  EXPECT_EQ(container_place(with(kRelative, "/c"), silent)->look().error().code, Code::Unavailable);
}

}  // namespace
}  // namespace peko::cloud
