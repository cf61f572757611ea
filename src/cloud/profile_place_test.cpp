#include <gtest/gtest.h>

#include "cloud/credentials_place.hpp"
#include "cloud/test_home.hpp"

namespace peko::cloud {
namespace {

TEST(ProfilePlace, HasTheKeysOfTheProfile) {
  const TestHome home;
  home.write(".aws/credentials",
             "[blue]\naws_access_key_id = AKID\naws_secret_access_key = secret\naws_session_token = token\n");
  const auto found = profile_place(home.environment({{"AWS_PROFILE", "blue"}}))->look();
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->access_key_id, "AKID");
  EXPECT_EQ(found->secret_access_key, "secret");
  EXPECT_EQ(found->session_token, "token");
}

TEST(ProfilePlace, SeesKeysThatWereChanged) {
  const TestHome home;
  home.write(".aws/credentials", "[default]\naws_access_key_id = one\naws_secret_access_key = s\n");
  const auto place = profile_place(home.environment());
  EXPECT_EQ(place->look()->access_key_id, "one");
  home.write(".aws/credentials", "[default]\naws_access_key_id = two\naws_secret_access_key = s\n");
  EXPECT_EQ(place->look()->access_key_id, "two");
}

struct Row {
  std::string_view name;
  std::string_view credentials;
  std::string_view profile;
  Code code;
  std::string_view says;
};

TEST(ProfilePlace, SaysWhatIsMissing) {
  const std::vector<Row> rows = {
      {"nothing", "", "", Code::NotFound, "no profile default in "},
      {"another profile", "[blue]\nregion = r\n", "", Code::NotFound, "no profile default in "},
      {"no such profile", "[blue]\nregion = r\n", "green", Code::Denied,
       "AWS_PROFILE is green, but there is no such profile in "},
      {"no keys", "[default]\nregion = r\n", "", Code::NotFound, "has no aws_access_key_id"},
      {"no keys where they must be", "[blue]\nregion = r\n", "blue", Code::Denied, "has no aws_access_key_id"},
      {"half a pair", "[default]\naws_access_key_id = A\n", "", Code::Denied,
       "has aws_access_key_id but no aws_secret_access_key"},
      {"other half", "[default]\naws_secret_access_key = wJalr\n", "", Code::Denied,
       "has aws_secret_access_key but no aws_access_key_id"},
      {"single sign-on", "[default]\nsso_session = us\n", "", Code::Denied,
       "export-credentials --profile default --format env"},
      {"a role", "[blue]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = default\n", "blue", Code::Denied,
       "gets credentials by role_arn, which Peko does not do"},
      {"damage", "[default\n", "", Code::Invalid, "line 1: a section begins with ["},
  };
  for (const Row& row : rows) {
    const TestHome home;
    if (!row.credentials.empty()) home.write(".aws/credentials", row.credentials);
    const auto found = profile_place(home.environment({{"AWS_PROFILE", std::string(row.profile)}}))->look();
    ASSERT_FALSE(found.has_value()) << row.name;
    EXPECT_EQ(found.error().code, row.code) << row.name;
    EXPECT_NE(found.error().message.find(row.says), std::string::npos) << row.name << ": " << found.error().message;
    EXPECT_EQ(found.error().message.find("wJalr"), std::string::npos) << row.name;
  }
}

}  // namespace
}  // namespace peko::cloud
