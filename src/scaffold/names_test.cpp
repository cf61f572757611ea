#include "scaffold/names.hpp"

#include <gtest/gtest.h>

namespace peko::scaffold {
namespace {

TEST(Names, AreThoseOfTheFolder) {
  EXPECT_EQ(names_of("work/my-app")->function, "my-app");
  EXPECT_EQ(names_of("my-app/")->function, "my-app");
  EXPECT_EQ(names_of("work/other/../my-app/.")->function, "my-app");
}

TEST(Names, ThatAreNoneComeWithASuggestion) {
  const Result<Names> names = names_of("work/My_App");
  ASSERT_FALSE(names);
  EXPECT_EQ(names.error().code, Code::Invalid);
  EXPECT_NE(names.error().message.find("\"My_App\""), std::string::npos);
  EXPECT_NE(names.error().message.find("\"my-app\""), std::string::npos);
  EXPECT_FALSE(names_of("/"));
  EXPECT_FALSE(names_of("---"));
  EXPECT_FALSE(names_for(std::string(64, 'a')));
}

TEST(Names, OfCratesAreThoseThatCargoTakes) {
  EXPECT_EQ(names_for("my-app")->crate, "my-app");
  EXPECT_EQ(names_for("2fa")->crate, "function-2fa");
  EXPECT_EQ(names_for("test")->crate, "function-test");
  EXPECT_EQ(names_for("yield")->crate, "function-yield");
  EXPECT_EQ(names_for("testing")->crate, "testing");
}

}  // namespace
}  // namespace peko::scaffold
