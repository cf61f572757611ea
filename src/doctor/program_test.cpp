#include "doctor/program.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "code/test_folder.hpp"

namespace peko::doctor {
namespace {

namespace fs = std::filesystem;

TEST(Program, IsTheFirstThatCanBeRun) {
  const code::TestFolder folder;
  folder.write("a/tool", "not executable");
  folder.write("b/tool", "#!/bin/sh\n");
  fs::permissions(folder.path() / "b/tool", fs::perms::owner_all);
  const std::string path = (folder.path() / "a").string() + "::" + (folder.path() / "b").string();
  EXPECT_EQ(find_program("tool", path), folder.path() / "b/tool");
  EXPECT_EQ(find_program("other", path), std::nullopt);
  EXPECT_EQ(find_program("tool", ""), std::nullopt);
}

TEST(Program, IsAskedForWhatItPrints) {
  const auto told = output_of("/bin/sh", {"-c", "echo hello; echo noise >&2"});
  ASSERT_TRUE(told) << told.error().message;
  EXPECT_EQ(*told, "hello\n");
}

TEST(Program, GetsNoSecretsOfTheOperator) {
  ::setenv("PEKO_ADMIN_TOKEN", "hidden", 1);
  ::setenv("PEKO_TEST_WORD", "passed on", 1);
  const auto told = output_of("/bin/sh", {"-c", "echo \"$PEKO_TEST_WORD:$PEKO_ADMIN_TOKEN\""});
  ::unsetenv("PEKO_ADMIN_TOKEN");
  ::unsetenv("PEKO_TEST_WORD");
  ASSERT_TRUE(told) << told.error().message;
  EXPECT_EQ(*told, "passed on:\n");
}

TEST(Program, ThatFailsOrIsNoneOrHangsIsAnError) {
  EXPECT_FALSE(output_of("/bin/sh", {"-c", "echo hello; exit 3"}));
  EXPECT_FALSE(output_of("/nowhere/tool", {}));
  for (const char* command : {"sleep 100 & wait", "exec >&-; sleep 100"}) {
    const auto hangs = output_of("/bin/sh", {"-c", command}, std::chrono::milliseconds(50));
    ASSERT_FALSE(hangs) << command;
    EXPECT_NE(hangs.error().message.find("does not answer"), std::string::npos) << command;
  }
}

TEST(Program, MayNotFillTheMemory) {
  const auto told = output_of("/bin/sh", {"-c", "head -c 1000000 /dev/zero"});
  ASSERT_TRUE(told);
  EXPECT_EQ(told->size(), 65536U);
}

}  // namespace
}  // namespace peko::doctor
