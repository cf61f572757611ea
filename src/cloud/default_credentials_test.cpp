#include <gtest/gtest.h>

#include "base/fake_clock.hpp"
#include "cloud/credentials_chain.hpp"
#include "cloud/curl_transport.hpp"
#include "cloud/fake_server.hpp"
#include "cloud/fake_transport.hpp"
#include "cloud/test_home.hpp"

namespace peko::cloud {
namespace {

TEST(DefaultCredentials, SayWhereTheyWereLookedFor) {
  const TestHome home;
  const FakeClock clock;
  FakeTransport transport;
  const auto found = default_credentials(home.environment(), transport, clock)->get();
  ASSERT_FALSE(found.has_value());
  EXPECT_EQ(found.error().code, Code::Denied);
  for (const std::string_view place :
       {"AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "no profile default in ", ".aws/credentials",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://169.254.169.254"}) {
    EXPECT_NE(found.error().message.find(place), std::string::npos) << place << ": " << found.error().message;
  }
}

TEST(DefaultCredentials, AreTheEnvironmentsBeforeAllOthers) {
  const TestHome home;
  const FakeClock clock;
  FakeTransport transport;
  home.write(".aws/credentials", "[default]\naws_access_key_id = file\naws_secret_access_key = s\n");
  EXPECT_EQ(default_credentials(home.environment(), transport, clock)->get()->access_key_id, "file");
  const auto environment = home.environment({{"AWS_ACCESS_KEY_ID", "env"}, {"AWS_SECRET_ACCESS_KEY", "s"}});
  EXPECT_EQ(default_credentials(environment, transport, clock)->get()->access_key_id, "env");
  EXPECT_TRUE(transport.asked().empty());
}

// An instance whose metadata service is the server.
Environment instance(const TestHome& home, const FakeServer& server) {
  return home.environment({{"AWS_EC2_METADATA_SERVICE_ENDPOINT", server.url()}});
}

TEST(DefaultCredentials, ComeFromAServiceOverTheNetwork) {
  const TestHome home;
  const FakeClock clock;
  const FakeServer server([](FakeTalk& talk) {
    for (std::string head = talk.head(); !head.empty(); head = talk.head()) {
      if (head.starts_with("PUT /latest/api/token ")) {
        talk.answer("200 OK", "AQAE==");
      } else if (head.find("x-aws-ec2-metadata-token: AQAE==\r\n") == std::string::npos) {
        talk.answer("401 Unauthorized", "");
      } else if (head.starts_with("GET /latest/meta-data/iam/security-credentials/ ")) {
        talk.answer("200 OK", "peko-node");
      } else {
        talk.answer("200 OK", R"({"Code":"Success","AccessKeyId":"ASIA","SecretAccessKey":"s","Token":"t",)"
                              R"("Expiration":"2026-01-01T06:00:00Z"})");
      }
    }
  });
  const auto transport = CurlTransport::start();
  ASSERT_TRUE(transport.has_value());
  const auto found = default_credentials(instance(home, server), **transport, clock)->get();
  ASSERT_TRUE(found.has_value()) << found.error().message;
  EXPECT_EQ(found->access_key_id, "ASIA");
}

TEST(DefaultCredentials, DoNotWaitLongForAServiceThatIsSilent) {
  const TestHome home;
  const FakeClock clock;
  const FakeServer server([](FakeTalk& talk) { talk.hang(); });
  const auto transport = CurlTransport::start();
  ASSERT_TRUE(transport.has_value());
  const auto begin = std::chrono::steady_clock::now();
  const auto found = default_credentials(instance(home, server), **transport, clock)->get();
  ASSERT_FALSE(found.has_value());
  EXPECT_EQ(found.error().code, Code::Denied);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20)) << "2 s on an idle machine";
  EXPECT_EQ(server.connections(), 1);
}

}  // namespace
}  // namespace peko::cloud
