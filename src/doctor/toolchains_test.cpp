#include "doctor/toolchains.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "code/test_folder.hpp"

namespace peko::doctor {
namespace {

namespace fs = std::filesystem;

/// A machine of programs that are shell scripts.
class ToolchainsTest : public testing::Test {
 protected:
  void program(const std::string& name, const std::string& script) {
    folder_.write("bin/" + name, "#!/bin/sh\n" + script + "\n");
    fs::permissions(folder_.path() / "bin" / name, fs::perms::owner_all);
  }
  Findings check(Language language) { return check_tools(language, tools_, State::Fail); }
  static State worst(const Findings& findings) { return std::ranges::max(findings, {}, &Finding::state).state; }

  code::TestFolder folder_;
  Tools tools_{.path = (folder_.path() / "bin").string(),
               .wasi_sdk = {},
               .home = folder_.path(),
               .usr = folder_.path(),
               .folder = folder_.path()};
};

TEST_F(ToolchainsTest, OfRustNeedTheTarget) {
  EXPECT_EQ(worst(check(Language::Rust)), State::Fail);
  program("cargo", "echo cargo 1.95.0");
  program("rustc", "echo " + folder_.path().string());
  const Findings without = check(Language::Rust);
  EXPECT_EQ(worst(without), State::Fail);
  EXPECT_NE(without.back().fix.find("rustup target add wasm32-wasip2"), std::string::npos);
  fs::create_directories(folder_.path() / "lib/rustlib/wasm32-wasip2/lib");
  const Findings with = check(Language::Rust);
  EXPECT_EQ(worst(with), State::Ok);
  EXPECT_NE(with.front().detail.find("cargo 1.95.0"), std::string::npos);
}

TEST_F(ToolchainsTest, OfJavaScriptNeedTheEsbuildOfTheProject) {
  program("node", "echo v22");
  program("npm", "echo 10");
  EXPECT_EQ(worst(check(Language::JavaScript)), State::Fail);
  folder_.write("node_modules/.bin/esbuild", "#!/bin/sh\necho 0.25\n");
  fs::permissions(folder_.path() / "node_modules/.bin/esbuild", fs::perms::owner_all);
  EXPECT_EQ(worst(check(Language::JavaScript)), State::Ok);
  tools_.folder = folder_.path() / "src/deep";  // found in a folder above
  EXPECT_EQ(worst(check(Language::JavaScript)), State::Ok);
}

TEST_F(ToolchainsTest, ThatDoNotRunAreNone) {
  program("node", "exit 1");
  program("npm", "echo 10");
  EXPECT_EQ(worst(check(Language::JavaScript)), State::Fail);
}

TEST_F(ToolchainsTest, OfCAreClangAndTwoLinkers) {
  EXPECT_EQ(worst(check(Language::C)), State::Fail);
  program("clang", "echo clang 19");
  EXPECT_NE(check(Language::C)[0].detail.find("wasm-ld"), std::string::npos);
  program("wasm-ld", "");
  program("wasm-component-ld", "");
  EXPECT_EQ(worst(check(Language::C)), State::Ok);
}

TEST_F(ToolchainsTest, OfCFindTheLinkerOfRust) {
  program("clang", "echo clang 19");
  program("wasm-ld", "");
  const fs::path linker = ".rustup/toolchains/stable/lib/rustlib/x86_64/bin/wasm-component-ld";
  folder_.write(linker, "#!/bin/sh\n");
  fs::permissions(folder_.path() / linker, fs::perms::owner_all);
  EXPECT_EQ(worst(check(Language::C)), State::Ok);
}

TEST_F(ToolchainsTest, OfCMayBeAWasiSdk) {
  folder_.write("sdk/bin/clang", "#!/bin/sh\necho clang 20\n");
  fs::permissions(folder_.path() / "sdk/bin/clang", fs::perms::owner_all);
  tools_.wasi_sdk = (folder_.path() / "sdk").string();
  EXPECT_EQ(worst(check(Language::C)), State::Ok);
  tools_.wasi_sdk = "/nowhere";
  EXPECT_EQ(worst(check(Language::C)), State::Fail);
}

TEST_F(ToolchainsTest, MissingIsAsBadAsItIsTold) {
  for (const Language language : {Language::Rust, Language::JavaScript, Language::C}) {
    EXPECT_EQ(worst(check_tools(language, tools_, State::Warn)), State::Warn);
  }
}

TEST(Languages, AreTakenFromTheFilesOfAProject) {
  const code::TestFolder folder;
  EXPECT_TRUE(languages_of(folder.path()).empty());
  folder.write("Cargo.toml", "");
  EXPECT_EQ(languages_of(folder.path()), std::vector{Language::Rust});
  folder.write("package.json", "");
  folder.write("main.c", "");
  EXPECT_EQ(languages_of(folder.path()).size(), 3U);
  EXPECT_TRUE(languages_of(folder.path() / "absent").empty());
}

}  // namespace
}  // namespace peko::doctor
