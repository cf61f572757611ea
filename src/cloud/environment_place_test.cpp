#include <gtest/gtest.h>

#include <cstdlib>

#include "cloud/credentials_place.hpp"

namespace peko::cloud {
namespace {

TEST(EnvironmentPlace, HasTheKeysOfTheEnvironment) {
  const auto found =
      environment_place(
          {{"AWS_ACCESS_KEY_ID", "AKID"}, {"AWS_SECRET_ACCESS_KEY", "secret"}, {"AWS_SESSION_TOKEN", "token"}})
          ->look();
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->access_key_id, "AKID");
  EXPECT_EQ(found->secret_access_key, "secret");
  EXPECT_EQ(found->session_token, "token");
  EXPECT_FALSE(found->expires.has_value());
}

TEST(EnvironmentPlace, HasNoneWithoutKeys) {
  const auto found = environment_place({{"AWS_ACCESS_KEY_ID", ""}, {"AWS_SESSION_TOKEN", "token"}})->look();
  ASSERT_FALSE(found.has_value());
  EXPECT_EQ(found.error().code, Code::NotFound);
  EXPECT_EQ(found.error().message, "the environment has no AWS_ACCESS_KEY_ID");
}

TEST(EnvironmentPlace, RefusesHalfOfAPair) {
  const auto found = environment_place({{"AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI"}})->look();
  ASSERT_FALSE(found.has_value());
  EXPECT_EQ(found.error().code, Code::Denied);
  EXPECT_EQ(found.error().message,
            "the environment has AWS_SECRET_ACCESS_KEY but no AWS_ACCESS_KEY_ID: set both or neither");
}

TEST(Environment, IsThatOfTheProcess) {
  const char* path = std::getenv("PATH");
  ASSERT_NE(path, nullptr);
  EXPECT_EQ(value_of(process_environment(), "PATH"), path);
  EXPECT_EQ(value_of(process_environment(), "PEKO_TEST_THAT_NOBODY_SETS"), "");
}

}  // namespace
}  // namespace peko::cloud
