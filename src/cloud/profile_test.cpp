#include "cloud/profile.hpp"

#include <gtest/gtest.h>

#include "cloud/test_home.hpp"

namespace peko::cloud {
namespace {

TEST(Profile, IsDefaultUnlessNamed) {
  const TestHome home;
  home.write(".aws/credentials", "[default]\naws_access_key_id = A\n[blue]\naws_access_key_id = B\n");
  home.write(".aws/config",
             "[default]\nregion = eu-west-1\n[profile blue]\nregion = eu-west-2\n[blue]\nregion = wrong\n");

  const auto profile = Profile::read(home.environment());
  ASSERT_TRUE(profile.has_value());
  EXPECT_TRUE(profile->found);
  EXPECT_EQ(profile->value("aws_access_key_id"), "A");
  EXPECT_EQ(profile->value("region"), "eu-west-1");

  const auto blue = Profile::read(home.environment({{"AWS_PROFILE", "blue"}}));
  ASSERT_TRUE(blue.has_value());
  EXPECT_EQ(blue->value("aws_access_key_id"), "B");
  EXPECT_EQ(blue->value("region"), "eu-west-2");

  const auto green = Profile::read(home.environment({{"AWS_PROFILE", "green"}}));
  ASSERT_TRUE(green.has_value());
  EXPECT_FALSE(green->found);
  EXPECT_EQ(green->chosen, Profile::Chosen::ByName);
}

TEST(Profile, TakesCredentialsBeforeConfig) {
  const TestHome home;
  home.write(".aws/credentials", "[default]\naws_access_key_id = right\n");
  home.write(".aws/config", "[profile default]\naws_access_key_id = wrong\nregion = eu-west-1\n");
  const auto profile = Profile::read(home.environment());
  ASSERT_TRUE(profile.has_value());
  EXPECT_EQ(profile->value("aws_access_key_id"), "right");
  EXPECT_EQ(profile->value("region"), "eu-west-1");
}

TEST(Profile, IsReadWhereTheEnvironmentSays) {
  const TestHome home;
  const std::string credentials = home.write("one", "[default]\naws_access_key_id = A\n");
  home.write("two", "[default]\nregion = r\n");
  const auto profile =
      Profile::read(home.environment({{"AWS_SHARED_CREDENTIALS_FILE", credentials}, {"AWS_CONFIG_FILE", "~/two"}}));
  ASSERT_TRUE(profile.has_value());
  EXPECT_EQ(profile->value("aws_access_key_id"), "A");
  EXPECT_EQ(profile->value("region"), "r");
}

TEST(Profile, IsNotFoundWithoutFiles) {
  const TestHome home;
  const auto profile = Profile::read(home.environment());
  ASSERT_TRUE(profile.has_value());
  EXPECT_FALSE(profile->found);
  EXPECT_EQ(profile->files, home.path(".aws/config") + " and " + home.path(".aws/credentials"));
  const auto homeless = Profile::read({});
  ASSERT_TRUE(homeless.has_value());
  EXPECT_EQ(homeless->files, "");
}

TEST(Profile, SaysWhichFileIsWrongAndNotWhatItSays) {
  const TestHome home;
  const std::string file = home.write(".aws/credentials", "[default]\nwJalrXUtnFEMI\n");
  const auto profile = Profile::read(home.environment());
  ASSERT_FALSE(profile.has_value());
  EXPECT_EQ(profile.error().message, file + ": line 2: neither [section] nor name = value");
}

TEST(Profile, RefusesAFolderInPlaceOfAFile) {
  const TestHome home;
  home.write(".aws/config/file", "");
  const auto profile = Profile::read(home.environment());
  ASSERT_FALSE(profile.has_value());
  EXPECT_NE(profile.error().message.find(home.path(".aws/config")), std::string::npos) << profile.error().message;
}

TEST(DefaultRegion, IsTheEnvironmentsBeforeTheProfiles) {
  const TestHome home;
  EXPECT_EQ(default_region(home.environment()).value(), "");
  home.write(".aws/config", "[default]\nregion = three\n");
  EXPECT_EQ(default_region(home.environment()).value(), "three");
  EXPECT_EQ(default_region(home.environment({{"AWS_DEFAULT_REGION", "two"}})).value(), "two");
  EXPECT_EQ(default_region(home.environment({{"AWS_DEFAULT_REGION", "two"}, {"AWS_REGION", "one"}})).value(), "one");
}

}  // namespace
}  // namespace peko::cloud
