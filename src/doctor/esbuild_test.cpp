#include "doctor/esbuild.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "code/test_folder.hpp"

namespace peko::doctor {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class EsbuildAdvice : public testing::Test {
 protected:
  EsbuildAdvice() {
    for (const char* name : {"npm", "pnpm"}) {
      folder_.write(fs::path("bin") / name, "#!/bin/sh\n");
      fs::permissions(folder_.path() / "bin" / name, fs::perms::owner_all);
    }
    folder_.write("shop/src/index.ts", "");
  }
  [[nodiscard]] std::string advice() const {
    return esbuild_advice(folder_.path() / "shop/src", (folder_.path() / "bin").string());
  }
  [[nodiscard]] std::string in_shop(std::string_view command) const {
    return "run `" + std::string(command) + "` in " + (folder_.path() / "shop").string();
  }

  code::TestFolder folder_;
};

TEST_F(EsbuildAdvice, InstallsWhatThePackageNames) {
  folder_.write("shop/package.json", R"({"devDependencies": {"esbuild": "0.25.0"}})");
  EXPECT_EQ(advice(), in_shop("npm install"));
  folder_.write("shop/package-lock.json", "{}");
  EXPECT_EQ(advice(), in_shop("npm ci"));
}

TEST_F(EsbuildAdvice, AddsItToAPackageThatDoesNotNameIt) {
  for (const char* package : {"{}", "[", R"({"dependencies": ["esbuild"]})"}) {
    folder_.write("shop/package.json", package);
    EXPECT_EQ(advice(), in_shop("npm install --save-dev esbuild")) << package;
  }
  fs::remove(folder_.path() / "shop/package.json");
  EXPECT_EQ(advice(), in_shop("npm install --save-dev esbuild") + "/src") << "where there is no package";
}

TEST_F(EsbuildAdvice, IsThatOfThePackageManagerInUse) {
  folder_.write("shop/package.json", R"({"dependencies": {"esbuild": "*"}})");
  folder_.write("shop/pnpm-lock.yaml", "");
  EXPECT_EQ(advice(), in_shop("pnpm install"));
  fs::remove(folder_.path() / "bin/pnpm");
  EXPECT_EQ(advice(), in_shop("pnpm install") + ", after installing pnpm, which is not in PATH (https://pnpm.io)");
}

TEST_F(EsbuildAdvice, SaysThatNpmIsMissing) {
  fs::remove(folder_.path() / "bin/npm");
  EXPECT_THAT(advice(), HasSubstr(", after installing npm, which is not in PATH (apt-get install nodejs npm"));
}

}  // namespace
}  // namespace peko::doctor
