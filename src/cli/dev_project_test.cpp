#include "cli/dev_project.hpp"

#include <gtest/gtest.h>

#include "code/test_folder.hpp"

namespace peko::cli {
namespace {

using Kind = DevChange::Kind;
using During = DevProject::During;

constexpr const char* kManifest = "name = \"api\"\ncomponent = \"target/api.wasm\"\n[build]\ncommand = \"make\"\n";

class DevProjectTest : public testing::Test {
 protected:
  void write(const std::string& name, std::string_view text) const { folder_.write(name, text); }
  /// A project whose last build has just ended.
  DevProject built(const std::string& source = "peko.toml") {
    DevProject project(folder_.path() / source, maxima_);
    EXPECT_TRUE(project.read_settings());
    build(project);
    return project;
  }
  static auto end(DevProject& project, DevProject::Outcome outcome,
                  const std::vector<std::filesystem::path>& inputs = {}) {
    return project.end(outcome, inputs, watch::Snapshot::of(project.product_scope(), {}));
  }
  static void build(DevProject& project, const std::vector<std::filesystem::path>& inputs = {}) {
    (void)project.look(During::Rest);
    project.begin();
    end(project, DevProject::Outcome::Good, inputs);
    EXPECT_EQ(project.look(During::Rest).kind, Kind::Nothing);
  }

  code::TestFolder folder_;
  const code::LimitsMax maxima_;
};

TEST_F(DevProjectTest, TellsSourcesSettingsAndProductsApart) {
  write("peko.toml", kManifest);
  write("src/main.rs", "1");
  write("target/api.wasm", "1");
  DevProject project = built();
  write("src/main.rs", "2");
  DevChange change = project.look(During::Rest);
  EXPECT_EQ(change.kind, Kind::Source);
  EXPECT_EQ(change.file, folder_.path() / "src/main.rs");
  build(project);
  write("target/api.wasm", "2");
  write("target/else", "2");
  EXPECT_EQ(project.look(During::Rest).kind, Kind::Product);
  build(project);
  write("peko.toml", std::string(kManifest) + "[env]\nA = \"b\"\n");
  EXPECT_EQ(project.look(During::Rest).kind, Kind::Settings);
  EXPECT_EQ(*project.read_settings(), DevJob::Work::Load) << "the same code";
  build(project);
  write("peko.toml", "name = \"api\"\ncomponent = \"target/api.wasm\"\n[build]\ncommand = \"make -j\"\n");
  EXPECT_EQ(*project.read_settings(), DevJob::Work::Build);
}

TEST_F(DevProjectTest, ReadsOnlyWhatItsManifestNames) {
  write("peko.toml", std::string(kManifest) + "watch = [\"src\", \"../shared\", \"Makefile\"]\n");
  write("src/a", "1");
  DevProject project = built();
  write("README.md", "1");
  EXPECT_EQ(project.look(During::Rest).kind, Kind::Nothing);
  write("Makefile", "1");
  EXPECT_EQ(project.look(During::Rest).file, folder_.path() / "Makefile") << "it did not exist before";
}

TEST_F(DevProjectTest, KeepsItsSettingsWhileTheyAreWrong) {
  write("peko.toml", kManifest);
  DevProject project = built();
  write("peko.toml", "name = \"api\"\n");
  EXPECT_EQ(project.look(During::Rest).kind, Kind::Settings);
  EXPECT_FALSE(project.read_settings());
  EXPECT_EQ(project.function()->build_command, "make");
  EXPECT_EQ(project.look(During::Rest).kind, Kind::Nothing) << "it is said once";
}

TEST_F(DevProjectTest, KeepsItsSettingsWhenOthersAreRefused) {
  write("peko.toml", kManifest);
  DevProject project = built();
  write("peko.toml", "name = \"taken\"\ncomponent = \"target/api.wasm\"\n");
  const auto refused = project.read_settings(
      [](const code::Function& function) -> Status { return fail(Code::Conflict, function.name + " is taken"); });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "taken is taken");
  EXPECT_EQ(project.function()->name, "api");
}

TEST_F(DevProjectTest, SeesSettingsThatWereSavedAfterTheyWereRead) {
  write("peko.toml", kManifest);
  DevProject project(folder_.path() / "peko.toml", maxima_);
  ASSERT_TRUE(project.read_settings());
  write("peko.toml", std::string(kManifest) + "[env]\nA = \"b\"\n");
  (void)project.look(During::Rest);
  project.begin();
  EXPECT_EQ(project.look(During::Build).kind, Kind::Settings) << "a build that begins does not read them";
  end(project, DevProject::Outcome::Good);
  EXPECT_EQ(project.look(During::Rest).kind, Kind::Settings);
}

TEST_F(DevProjectTest, WaitsForWhatIsBeingSaved) {
  write("peko.toml", kManifest);
  write("src/main.rs", "1");
  DevProject project = built();
  std::filesystem::remove(folder_.path() / "src/main.rs");
  EXPECT_TRUE(project.look(During::Rest).only_removals);
  write("src/other.rs", "1");
  EXPECT_FALSE(project.look(During::Rest).only_removals);
}

TEST_F(DevProjectTest, IsNotChangedByItsOwnBuild) {
  write("peko.toml", kManifest);
  write("src/main.rs", "1");
  write("src/generated.rs", "1");
  DevProject project(folder_.path() / "peko.toml", maxima_);
  ASSERT_TRUE(project.read_settings());
  (void)project.look(During::Rest);
  project.begin();
  write("Cargo.lock", "made by the build");
  write("src/generated.rs", "1");
  write("pkg/api.js", "made by the build");
  write("target/api.wasm", "1");
  EXPECT_EQ(project.look(During::Build).kind, Kind::Nothing);
  end(project, DevProject::Outcome::Good);
  EXPECT_EQ(project.look(During::Rest).kind, Kind::Nothing);
}

TEST_F(DevProjectTest, SeesAComponentThatIsReplacedAfterItWasBuilt) {
  write("peko.toml", kManifest);
  write("src/main.rs", "1");
  DevProject project(folder_.path() / "peko.toml", maxima_);
  ASSERT_TRUE(project.read_settings());
  (void)project.look(During::Rest);
  project.begin();
  write("target/api.wasm", "1");
  watch::Snapshot built = watch::Snapshot::of(project.product_scope(), {});
  write("target/api.wasm", "optimised");
  project.end(DevProject::Outcome::Good, {}, std::move(built));
  EXPECT_EQ(project.look(During::Rest).kind, Kind::Product);
}

TEST_F(DevProjectTest, SeesWhatWasSavedDuringABuild) {
  write("peko.toml", kManifest);
  write("src/main.rs", "1");
  DevProject project(folder_.path() / "peko.toml", maxima_);
  ASSERT_TRUE(project.read_settings());
  (void)project.look(During::Rest);
  project.begin();
  write("src/main.rs", "2");
  EXPECT_EQ(project.look(During::Build).kind, Kind::Source);
  end(project, DevProject::Outcome::Good);
  EXPECT_EQ(project.look(During::Rest).kind, Kind::Source) << "also when nobody looked before its end";
}

TEST_F(DevProjectTest, TriesAgainOnceWithFilesThatCameDuringABadBuild) {
  write("peko.toml", kManifest);
  write("src/main.rs", "mod missing;");
  DevProject project(folder_.path() / "peko.toml", maxima_);
  ASSERT_TRUE(project.read_settings());
  (void)project.look(During::Rest);
  for (const Kind expected : {Kind::Source, Kind::Nothing}) {
    project.begin();
    write(expected == Kind::Source ? "src/missing.rs" : "crash.log", "1");
    EXPECT_EQ(project.look(During::Build).kind, Kind::Nothing);
    end(project, DevProject::Outcome::Bad);
    EXPECT_EQ(project.look(During::Rest).kind, expected);
  }
}

TEST_F(DevProjectTest, BreaksALoopOfBuildsThatChangeTheirSources) {
  write("peko.toml", kManifest);
  write("src/stamp.rs", "0");
  DevProject project(folder_.path() / "peko.toml", maxima_);
  ASSERT_TRUE(project.read_settings());
  (void)project.look(During::Rest);
  unsigned builds = 0;
  std::optional<std::filesystem::path> blamed;
  while (!blamed && builds < 100) {
    project.begin();
    write("src/stamp.rs", std::to_string(++builds));
    ASSERT_EQ(project.look(During::Build).kind, Kind::Source);
    blamed = project.blame();
  }
  EXPECT_EQ(builds, DevProject::kChangesInBuildsMax + 1);
  EXPECT_EQ(blamed, folder_.path() / "src/stamp.rs");
  project.begin();
  write("src/stamp.rs", "last");
  EXPECT_EQ(project.look(During::Build).kind, Kind::Nothing);
  end(project, DevProject::Outcome::Good);
  EXPECT_EQ(project.look(During::Rest).kind, Kind::Nothing);
  write("src/stamp.rs", "by hand");
  EXPECT_EQ(project.look(During::Rest).kind, Kind::Source) << "when no build runs it was not the build";
}

TEST_F(DevProjectTest, BreaksALoopOfBuildsThatNobodyLooksAt) {
  write("peko.toml", kManifest);
  write("src/stamp.rs", "0");
  DevProject project(folder_.path() / "peko.toml", maxima_);
  ASSERT_TRUE(project.read_settings());
  unsigned builds = 0;
  std::optional<std::filesystem::path> blamed;
  while (!blamed && builds < 100) {
    ASSERT_EQ(project.look(During::Rest).kind, Kind::Source);
    project.begin();
    write("src/stamp.rs", std::to_string(++builds));
    blamed = end(project, DevProject::Outcome::Good);
  }
  EXPECT_EQ(builds, DevProject::kChangesInBuildsMax + 1);
  EXPECT_EQ(blamed, folder_.path() / "src/stamp.rs");
  EXPECT_EQ(project.look(During::Rest).kind, Kind::Nothing);
  write("src/stamp.rs", "by hand");
  EXPECT_EQ(project.look(During::Rest).kind, Kind::Source);
}

TEST_F(DevProjectTest, OfAScriptReadsExactlyWhatWasBundled) {
  write("peko.toml", "name = \"app\"\nscript = \"src/index.ts\"\n");
  for (const char* file : {"src/index.ts", "src/lib.ts", "src/unused.ts", "node_modules/m/m.js"}) write(file, "1");
  DevProject project(folder_.path() / "peko.toml", maxima_);
  ASSERT_TRUE(project.read_settings());
  const std::vector<std::filesystem::path> inputs = {folder_.path() / "src/index.ts", folder_.path() / "src/lib.ts",
                                                     folder_.path() / "node_modules/m/m.js"};
  build(project, inputs);
  write("src/unused.ts", "2");
  write(".peko/app.js", "2");
  EXPECT_EQ(project.look(During::Rest).kind, Kind::Nothing);
  for (const char* file : {"src/lib.ts", "node_modules/m/m.js", "tsconfig.json"}) {
    write(file, "2");
    EXPECT_EQ(project.look(During::Rest).file, folder_.path() / file);
    build(project, inputs);
  }
}

TEST_F(DevProjectTest, OfAScriptThatCannotBeBundledReadsItsWholeFolder) {
  write("peko.toml", "name = \"app\"\nscript = \"src/index.ts\"\n");
  write("src/index.ts", "import './missing'");
  DevProject project = built();
  write("src/missing.ts", "1");
  EXPECT_EQ(project.look(During::Rest).file, folder_.path() / "src/missing.ts");
  EXPECT_TRUE(project.folders().contains(folder_.path() / "src"));
}

TEST_F(DevProjectTest, MayBeAFileAlone) {
  write("a.wasm", "1");
  write("b.wasm", "1");
  DevProject project = built("a.wasm");
  write("b.wasm", "2");
  EXPECT_EQ(project.look(During::Rest).kind, Kind::Nothing);
  write("a.new", "2");
  std::filesystem::rename(folder_.path() / "a.new", folder_.path() / "a.wasm");
  EXPECT_EQ(project.look(During::Rest).kind, Kind::Product);
}

TEST_F(DevProjectTest, IsBuiltFirstWhenItsComponentIsMissingOrOld) {
  write("peko.toml", kManifest);
  write("src/main.rs", "1");
  DevProject project(folder_.path() / "peko.toml", maxima_);
  ASSERT_TRUE(project.read_settings());
  const auto work = [&] {
    (void)project.look(During::Rest);
    return project.first_work();
  };
  EXPECT_EQ(work(), DevJob::Work::Build);
  write("target/api.wasm", "1");
  const auto source = folder_.path() / "src/main.rs";
  std::filesystem::last_write_time(source, std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
  EXPECT_EQ(work(), DevJob::Work::Load);
  std::filesystem::last_write_time(source, std::filesystem::file_time_type::clock::now() + std::chrono::hours(1));
  EXPECT_EQ(work(), DevJob::Work::Build);
}

}  // namespace
}  // namespace peko::cli
