#include "cli/project.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "code/test_folder.hpp"

namespace peko::cli {
namespace {

using testing::HasSubstr;

TEST(FunctionAt, IsAProjectOrABareComponent) {
  const code::TestFolder folder;
  folder.write("api/peko.toml", "name = \"api\"\ncomponent = \"a.wasm\"\n[env]\nA = \"1\"\n");
  const auto wasm = folder.write("My_Site.wasm", "");
  EXPECT_EQ(function_at(folder.path() / "api", "", {})->name, "api");
  EXPECT_EQ(function_at(folder.path() / "api/peko.toml", "", {})->environment.size(), 1U);
  EXPECT_EQ(function_at(folder.path() / "api", "staging", {})->name, "staging");
  EXPECT_EQ(function_at(wasm, "", {})->name, "my-site");
  EXPECT_EQ(function_at(wasm, "site", {})->name, "site");
}

TEST(FunctionAt, IsOneAndRight) {
  const code::TestFolder folder;
  folder.write("a/peko.toml", "name = \"a\"\ncomponent = \"a.wasm\"\n");
  EXPECT_EQ(function_at(folder.path(), "", {})->name, "a");
  folder.write("b/peko.toml", "name = \"b\"\ncomponent = \"b.wasm\"\n");
  EXPECT_THAT(function_at(folder.path(), "", {}).error().message, HasSubstr("holds several projects"));
  folder.write("b/peko.toml", "nam = \"b\"\n");
  EXPECT_THAT(function_at(folder.path() / "b", "", {}).error().message, HasSubstr("peko.toml:1:1"));
  EXPECT_EQ(function_at(folder.path() / "absent", "", {}).error().code, Code::NotFound);
  EXPECT_THAT(function_at(folder.path() / "a", "Not A Name", {}).error().message, HasSubstr("--name"));
}

TEST(Variable, IsAddedOrReplaced) {
  code::Function function;
  function.environment = {{"A", "1"}};
  EXPECT_TRUE(set_variable(function, "A=2"));
  EXPECT_TRUE(set_variable(function, "B=x=y"));
  EXPECT_TRUE(set_variable(function, "EMPTY="));
  EXPECT_EQ(function.environment,
            (std::vector<std::pair<std::string, std::string>>{{"A", "2"}, {"B", "x=y"}, {"EMPTY", ""}}));
  EXPECT_THAT(set_variable(function, "A").error().message, HasSubstr("KEY=VALUE"));
  EXPECT_FALSE(set_variable(function, "=x"));
}

}  // namespace
}  // namespace peko::cli
