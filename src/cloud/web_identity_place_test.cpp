#include <gtest/gtest.h>

#include "cloud/credentials_place.hpp"
#include "cloud/fake_transport.hpp"
#include "cloud/test_home.hpp"

namespace peko::cloud {
namespace {

constexpr std::string_view kGood =
    "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>"
    "<AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
    "<Expiration>2026-01-01T01:00:00Z</Expiration>"
    "</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>";

Environment pod(const TestHome& home, Environment besides = {}) {
  besides.emplace("AWS_WEB_IDENTITY_TOKEN_FILE", home.write("token", "eyJ.a+b.c\n"));
  besides.emplace("AWS_ROLE_ARN", "arn:aws:iam::1:role/peko");
  return home.environment(std::move(besides));
}

TEST(WebIdentityPlace, ExchangesTheTokenForTheRole) {
  const TestHome home;
  FakeTransport transport;
  transport.answer("POST https://sts.eu-west-1.amazonaws.com/", {.status = 200, .body = std::string(kGood)});
  const auto found =
      web_identity_place(pod(home, {{"AWS_REGION", "eu-west-1"}, {"AWS_ROLE_SESSION_NAME", "node 7"}}), transport)
          ->look();
  ASSERT_TRUE(found.has_value()) << found.error().message;
  EXPECT_EQ(found->access_key_id, "ASIA");
  EXPECT_EQ(found->session_token, "t");
  ASSERT_EQ(transport.asked().size(), 1U);
  EXPECT_EQ(transport.asked()[0].body,
            "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fpeko"
            "&RoleSessionName=node%207&WebIdentityToken=eyJ.a%2Bb.c");
}

TEST(WebIdentityPlace, AsksTheRegionsService) {
  const std::vector<std::pair<Environment, std::string>> rows = {
      {{}, "https://sts.amazonaws.com/"},
      {{{"AWS_DEFAULT_REGION", "us-gov-west-1"}}, "https://sts.us-gov-west-1.amazonaws.com/"},
      {{{"AWS_REGION", "cn-north-1"}}, "https://sts.cn-north-1.amazonaws.com.cn/"},
      {{{"AWS_ENDPOINT_URL_STS", "http://minio:9000"}, {"AWS_REGION", "x"}}, "http://minio:9000"},
  };
  for (const auto& [environment, url] : rows) {
    const TestHome home;
    FakeTransport transport;
    transport.answer("POST " + url, {.status = 200, .body = std::string(kGood)});
    EXPECT_TRUE(web_identity_place(pod(home, environment), transport)->look().has_value()) << url;
  }
}

TEST(WebIdentityPlace, SaysWhatIsMissing) {
  const TestHome home;
  FakeTransport transport;
  const auto look = [&transport](Environment environment) {
    return web_identity_place(std::move(environment), transport)->look();
  };
  EXPECT_EQ(look({}).error().code, Code::NotFound);
  EXPECT_EQ(look({{"AWS_WEB_IDENTITY_TOKEN_FILE", "/t"}}).error().message,
            "the environment has AWS_WEB_IDENTITY_TOKEN_FILE but no AWS_ROLE_ARN");
  EXPECT_EQ(look({{"AWS_WEB_IDENTITY_TOKEN_FILE", home.path("no")}, {"AWS_ROLE_ARN", "r"}}).error().code, Code::Denied);
  EXPECT_EQ(look(pod(home, {{"AWS_REGION", "evil.example/"}})).error().code, Code::Denied);
  EXPECT_EQ(look(pod(home, {{"AWS_ENDPOINT_URL_STS", "sts"}})).error().code, Code::Denied);
  EXPECT_TRUE(transport.asked().empty());
}

TEST(WebIdentityPlace, SaysWhatTheServiceSays) {
  const TestHome home;
  FakeTransport transport;
  const std::string where = "POST https://sts.amazonaws.com/";
  const auto place = web_identity_place(pod(home), transport);
  transport.answer(where, {.status = 400,
                           .body = "<ErrorResponse><Error><Code>ExpiredTokenException</Code>"
                                   "<Message>Token expired</Message></Error></ErrorResponse>"});
  const auto expired = place->look();
  ASSERT_FALSE(expired.has_value());
  EXPECT_EQ(expired.error().code, Code::Denied);
  EXPECT_EQ(expired.error().message,
            "asking https://sts.amazonaws.com/ for role arn:aws:iam::1:role/peko: status 400 (ExpiredTokenException: "
            "Token expired)");
  transport.answer(where, {.status = 503});
  EXPECT_EQ(place->look().error().code, Code::Unavailable);
  transport.answer(where, {.status = 200, .body = "garbage"});
  EXPECT_EQ(place->look().error().code, Code::Unavailable);
}

}  // namespace
}  // namespace peko::cloud
