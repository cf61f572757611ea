#include <gtest/gtest.h>

#include "cloud/credentials_place.hpp"
#include "cloud/fake_transport.hpp"

namespace peko::cloud {
namespace {

constexpr std::string_view kService = "http://169.254.169.254";
constexpr std::string_view kRoles = "/latest/meta-data/iam/security-credentials/";
constexpr std::string_view kGood =
    R"({"Code":"Success","AccessKeyId":"ASIA","SecretAccessKey":"s","Token":"t","Expiration":"2026-01-01T06:00:00Z"})";

HttpResponse ok(std::string_view body) { return {.status = 200, .body = std::string(body)}; }

std::string get(std::string_view path, std::string_view service = kService) {
  return "GET " + std::string(service) + std::string(path);
}

// An instance with a role.
void make_instance(FakeTransport& transport, const std::string& service = std::string(kService)) {
  transport.answer("PUT " + service + "/latest/api/token", ok("AQAE=="));
  transport.answer(get(kRoles, service), ok("peko-node\n"));
  transport.answer(get(std::string(kRoles) + "peko-node", service), ok(kGood));
}

TEST(InstancePlace, AsksForATokenARoleAndItsCredentials) {
  FakeTransport transport;
  make_instance(transport);
  const auto found = instance_place({}, transport)->look();
  ASSERT_TRUE(found.has_value()) << found.error().message;
  EXPECT_EQ(found->access_key_id, "ASIA");
  EXPECT_TRUE(found->expires.has_value());
  const auto asked = transport.asked();
  ASSERT_EQ(asked.size(), 3U);
  EXPECT_EQ(header_of(asked[0].request, "x-aws-ec2-metadata-token-ttl-seconds"), "21600");
  EXPECT_EQ(header_of(asked[1].request, "x-aws-ec2-metadata-token"), "AQAE==");
  EXPECT_EQ(header_of(asked[2].request, "x-aws-ec2-metadata-token"), "AQAE==");
  for (const auto& [request, body] : asked) {
    EXPECT_EQ(request.proxy, Proxy::Never);
    EXPECT_LE(request.connect_timeout, std::chrono::seconds(1));
    EXPECT_LE(request.total_timeout, std::chrono::seconds(2));
  }
}

TEST(InstancePlace, AsksWhereTheEnvironmentSays) {
  FakeTransport transport;
  make_instance(transport, "http://127.0.0.1:1338");
  EXPECT_TRUE(
      instance_place({{"AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1338/"}}, transport)->look().has_value());
  FakeTransport v6;
  make_instance(v6, "http://[fd00:ec2::254]");
  EXPECT_TRUE(instance_place({{"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv6"}}, v6)->look().has_value());
  EXPECT_EQ(instance_place({{"AWS_EC2_METADATA_SERVICE_ENDPOINT", "here"}}, v6)->look().error().code, Code::Denied);
}

TEST(InstancePlace, AsksNobodyWhenItIsOff) {
  FakeTransport transport;
  const auto found = instance_place({{"AWS_EC2_METADATA_DISABLED", "True"}}, transport)->look();
  ASSERT_FALSE(found.has_value());
  EXPECT_EQ(found.error().code, Code::NotFound);
  EXPECT_TRUE(transport.asked().empty());
}

TEST(InstancePlace, IsNotThereWhereNobodyAnswers) {
  FakeTransport transport;
  const auto found = instance_place({}, transport)->look();
  ASSERT_FALSE(found.has_value());
  EXPECT_EQ(found.error().code, Code::NotFound);
  EXPECT_NE(found.error().message.find("http://169.254.169.254 (connection refused"), std::string::npos)
      << found.error().message;
  EXPECT_EQ(transport.asked().size(), 1U) << "one wait is enough";
}

TEST(InstancePlace, ThatHasAnsweredOnceIsUnavailableWhenItIsSilent) {
  FakeTransport transport;
  make_instance(transport);
  const auto place = instance_place({}, transport);
  ASSERT_TRUE(place->look().has_value());
  transport.forget_answers();
  EXPECT_EQ(place->look().error().code, Code::Unavailable);
}

TEST(InstancePlace, EncodesTheRolesName) {
  FakeTransport transport;
  make_instance(transport);
  transport.answer(get(kRoles), ok("../peko,+=@?x"));
  transport.answer(get(std::string(kRoles) + "..%2Fpeko%2C%2B%3D%40%3Fx"), ok(kGood));
  EXPECT_TRUE(instance_place({}, transport)->look().has_value());
}

TEST(InstancePlace, SaysWhatIsMissing) {
  struct Row {
    std::string where;
    HttpResponse response;
    Code code;
    std::string_view says;
  };
  const std::string token = "PUT http://169.254.169.254/latest/api/token";
  const std::string role = get(std::string(kRoles) + "peko-node");
  const std::vector<Row> rows = {
      {token, {.status = 403}, Code::NotFound, "gives no token (status 403)"},
      {token, {.status = 404, .body = "<html>"}, Code::NotFound, "gives no token (status 404)"},
      {token, {.status = 503}, Code::Unavailable, "status 503"},
      {token, ok(""), Code::NotFound, "gives no token of EC2"},
      {token, ok("a\r\nx: y"), Code::NotFound, "gives no token of EC2"},
      {token, ok(std::string(100'000, 't')), Code::Unavailable, "an answer of"},
      {get(kRoles), {.status = 404}, Code::NotFound, "attach an instance profile"},
      {get(kRoles), ok("\n"), Code::NotFound, "attach an instance profile"},
      {get(kRoles), ok("<html lang=en>"), Code::Unavailable, "a role that can be none"},
      {get(kRoles), ok(std::string(1'000, 'r')), Code::Unavailable, "a role that can be none"},
      {get(kRoles), {.status = 500}, Code::Unavailable, "status 500"},
      {role, {.status = 404}, Code::Denied, "for role peko-node: status 404"},
      {role, ok(R"({"Code":"AssumeRoleUnauthorizedAccess","Message":"no trust"})"), Code::Unavailable,
       "of role peko-node: it has none to give: AssumeRoleUnauthorizedAccess: no trust"},
      {role, ok("garbage"), Code::Unavailable, "no JSON object"},
  };
  for (const Row& row : rows) {
    FakeTransport transport;
    make_instance(transport);
    transport.answer(row.where, row.response);
    const auto found = instance_place({}, transport)->look();
    ASSERT_FALSE(found.has_value()) << row.says;
    EXPECT_EQ(found.error().code, row.code) << row.says;
    EXPECT_NE(found.error().message.find(row.says), std::string::npos) << row.says << ": " << found.error().message;
  }
}

}  // namespace
}  // namespace peko::cloud
