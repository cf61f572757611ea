#include "cloud/credentials_document.hpp"

#include <gtest/gtest.h>

#include "cloud/dates.hpp"

namespace peko::cloud {
namespace {

TEST(CredentialsJson, IsRead) {
  const auto found = parse_credentials_json(
      R"({"Code":"Success","LastUpdated":"2026-01-01T00:00:00Z","Type":"AWS-HMAC","AccessKeyId":"ASIA",)"
      R"("SecretAccessKey":"s/e+c","Token":"IQoJ==","Expiration":"2026-01-01T06:00:00Z"})");
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->access_key_id, "ASIA");
  EXPECT_EQ(found->secret_access_key, "s/e+c");
  EXPECT_EQ(found->session_token, "IQoJ==");
  EXPECT_EQ(found->expires, parse_date("2026-01-01T06:00:00Z"));
}

TEST(CredentialsJson, MayLackTokenAndExpiration) {
  const auto found = parse_credentials_json(R"({"AccessKeyId":"A","SecretAccessKey":"s","Token":null,"More":[1]})");
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->session_token, "");
  EXPECT_FALSE(found->expires.has_value());
}

TEST(CredentialsJson, RefusesEverythingElse) {
  const std::vector<std::pair<std::string, std::string_view>> rows = {
      {"", "no JSON object"},
      {"<html>", "no JSON object"},
      {"[]", "no JSON object"},
      {"null", "no JSON object"},
      {R"({"AccessKeyId":"A")", "no JSON object"},
      {std::string(100'000, '['), "no JSON object"},
      {"{}", "access key id is missing"},
      {R"({"AccessKeyId":"A"})", "secret access key is missing"},
      {R"({"AccessKeyId":1,"SecretAccessKey":"hush"})", "should be text is not"},
      {R"({"AccessKeyId":"A","SecretAccessKey":["hush"]})", "should be text is not"},
      {R"({"AccessKeyId":"A","SecretAccessKey":"hush","Token":{}})", "should be text is not"},
      {R"({"AccessKeyId":"A","SecretAccessKey":"hush","Expiration":1767225600})", "should be text is not"},
      {R"({"AccessKeyId":"A","SecretAccessKey":"hush","Expiration":"tomorrow"})", "Expiration is no date"},
      {R"({"AccessKeyId":"A\r\nx: y","SecretAccessKey":"hush"})", "access key id is missing or malformed"},
      {R"({"AccessKeyId":"A/B","SecretAccessKey":"hush"})", "access key id is missing or malformed"},
      {R"({"AccessKeyId":"A","SecretAccessKey":"hush hush"})", "secret access key is missing or malformed"},
      {R"({"AccessKeyId":"A","SecretAccessKey":"hush","Token":"t\nx: y"})", "session token is malformed"},
      {R"({"AccessKeyId":"A","SecretAccessKey":"hush","Token":")" + std::string(20'000, 't') + "\"}",
       "token is malformed"},
      {R"({"Code":"AssumeRoleUnauthorizedAccess","Message":"no trust"})",
       "it has none to give: AssumeRoleUnauthorizedAccess: no trust"},
      {R"({"Code":7,"AccessKeyId":"A","SecretAccessKey":"hush"})", "it has none to give"},
  };
  for (const auto& [text, says] : rows) {
    const auto found = parse_credentials_json(text);
    ASSERT_FALSE(found.has_value()) << text;
    EXPECT_EQ(found.error().code, Code::Invalid);
    EXPECT_NE(found.error().message.find(says), std::string::npos) << text << ": " << found.error().message;
    EXPECT_EQ(found.error().message.find("hush"), std::string::npos) << found.error().message;
  }
}

constexpr std::string_view kAssumed =
    R"(<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleWithWebIdentityResult>
    <SubjectFromWebIdentityToken>system:serviceaccount:default:peko</SubjectFromWebIdentityToken>
    <Credentials>
      <SessionToken>IQoJ==</SessionToken>
      <SecretAccessKey>s/e+c</SecretAccessKey>
      <Expiration>2026-01-01T01:00:00Z</Expiration>
      <AccessKeyId>ASIA</AccessKeyId>
    </Credentials>
  </AssumeRoleWithWebIdentityResult>
</AssumeRoleWithWebIdentityResponse>)";

TEST(CredentialsXml, IsRead) {
  const auto found = parse_credentials_xml(kAssumed);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->access_key_id, "ASIA");
  EXPECT_EQ(found->secret_access_key, "s/e+c");
  EXPECT_EQ(found->session_token, "IQoJ==");
  EXPECT_EQ(found->expires, parse_date("2026-01-01T01:00:00Z"));
}

TEST(CredentialsXml, RefusesEverythingElse) {
  for (const std::string_view text :
       {std::string_view(""), std::string_view("{}"), kAssumed.substr(0, 300), std::string_view("<a/>"),
        std::string_view("<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials/>"
                         "</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>")}) {
    EXPECT_FALSE(parse_credentials_xml(text).has_value()) << text;
  }
}

TEST(Refusal, IsReadInAllItsForms) {
  EXPECT_EQ(parse_refusal(R"({"code":"AccessDenied","message":"no role"})"), "AccessDenied: no role");
  EXPECT_EQ(parse_refusal(R"({"Message":"only this"})"), "only this");
  EXPECT_EQ(parse_refusal("<ErrorResponse><Error><Type>Sender</Type><Code>InvalidIdentityToken</Code>"
                          "<Message>bad\n token</Message></Error></ErrorResponse>"),
            "InvalidIdentityToken: bad  token");
  EXPECT_EQ(parse_refusal("Forbidden"), "");
  EXPECT_EQ(parse_refusal(""), "");
}

TEST(Refusal, IsShortAndVisible) {
  const std::string shown = parse_refusal(R"({"message":"\u001b[31m)" + std::string(5'000, 'x') + "\"}");
  EXPECT_EQ(shown.size(), 300U);
  EXPECT_EQ(shown.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace peko::cloud
