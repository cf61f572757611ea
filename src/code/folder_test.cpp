#include "code/folder.hpp"

#include <gtest/gtest.h>

#include "code/script_file.hpp"
#include "code/test_folder.hpp"

namespace peko::code {
namespace {

namespace fs = std::filesystem;

std::string manifest(std::string_view name, std::string_view more = "") {
  return "name = \"" + std::string(name) + "\"\ncomponent = \"" + std::string(name) + ".wasm\"\n" + std::string(more);
}

std::vector<std::string> names(const Found& found) {
  std::vector<std::string> result;
  for (const Function& function : found.functions) {
    result.push_back(function.name);
  }
  return result;
}

Result<Found> discover(std::vector<fs::path> paths) { return discover_projects(paths); }

TEST(Projects, AreAFolderWithAManifest) {
  const TestFolder folder;
  folder.write("todo/peko.toml", manifest("todo"));
  const auto found = discover({folder.path() / "todo"});
  ASSERT_TRUE(found.has_value()) << found.error().message;
  EXPECT_EQ(names(*found), std::vector<std::string>{"todo"});
  EXPECT_EQ(names(*discover({folder.path() / "todo" / "peko.toml"})), std::vector<std::string>{"todo"});
}

TEST(Projects, AreAllFoldersWithAManifestSorted) {
  const TestFolder folder;
  folder.write("c/peko.toml", manifest("third"));
  folder.write("a/peko.toml", manifest("first"));
  folder.write("b/peko.toml", manifest("second"));
  folder.write("node_modules/x/peko.toml", manifest("too-deep"));
  folder.write("README.md", "text");
  const auto found = discover({folder.path()});
  ASSERT_TRUE(found.has_value()) << found.error().message;
  EXPECT_EQ(names(*found), (std::vector<std::string>{"first", "second", "third"}));
}

TEST(Projects, AreBareComponentsNamedByTheirFile) {
  const TestFolder folder;
  const auto file = folder.write("My_App.wasm", "");
  const auto found = discover({file});
  ASSERT_TRUE(found.has_value()) << found.error().message;
  ASSERT_EQ(names(*found), std::vector<std::string>{"my-app"});
  EXPECT_EQ(found->functions[0].component, file);
  EXPECT_TRUE(found->functions[0].manifest.empty());
}

TEST(Projects, WithMistakesDoNotKeepTheOthersAway) {
  const TestFolder folder;
  folder.write("a/peko.toml", manifest("a", "[limits]\ncpu_ms = 0\n"));
  folder.write("b/peko.toml", manifest("b"));
  const auto found = discover({folder.path()});
  ASSERT_TRUE(found.has_value()) << found.error().message;
  EXPECT_EQ(names(*found), std::vector<std::string>{"b"});
  ASSERT_EQ(found->problems.size(), 1U);
  EXPECT_EQ(found->problems[0].message,
            (folder.path() / "a/peko.toml").string() + ":4:10: \"cpu_ms\" must be from 1 to 300000, not 0");
}

TEST(Projects, CannotShareANameOrARoute) {
  const TestFolder folder;
  folder.write("a/peko.toml", manifest("same"));
  folder.write("b/peko.toml", manifest("same"));
  const std::string root = folder.path().string();
  const auto names = discover({folder.path()});
  ASSERT_FALSE(names.has_value());
  EXPECT_EQ(names.error().code, Code::Conflict);
  EXPECT_EQ(names.error().message,
            "two functions have the name \"same\": " + root + "/a/peko.toml and " + root + "/b/peko.toml; rename one");
  folder.write("a/peko.toml", manifest("a", "routes = [\"x.example/*\"]\n"));
  folder.write("b/peko.toml", manifest("b", "routes = [\"X.example/*\"]\n"));
  const auto routes = discover({folder.path()});
  ASSERT_FALSE(routes.has_value());
  EXPECT_EQ(routes.error().message, "two functions have the route \"x.example/*\": " + root + "/a/peko.toml and " +
                                        root + "/b/peko.toml; remove it from one");
}

struct Row {
  std::string_view path;
  Code code;
  std::string_view message;
};

TEST(Projects, MayBeScripts) {
  const TestFolder folder;
  const auto file = folder.write("app.ts", "export default {}");
  folder.write("api/peko.toml", "name = \"api\"\nscript = \"src/index.ts\"\n");
  const auto found = discover({file, folder.path() / "api"});
  ASSERT_TRUE(found.has_value()) << found.error().message;
  ASSERT_EQ(found->functions.size(), 2U);
  EXPECT_EQ(found->functions[0].name, "app");
  EXPECT_EQ(found->functions[0].script, file);
  EXPECT_EQ(bundle_file(found->functions[0]), folder.path() / ".peko/app.js");
  EXPECT_EQ(found->functions[1].script, folder.path() / "api/src/index.ts");
  EXPECT_EQ(found->functions[1].component, "");
  EXPECT_EQ(bundle_file(found->functions[1]), folder.path() / "api/.peko/api.js");
  EXPECT_EQ(read_bundle(found->functions[1]).error().code, Code::NotFound);
  folder.write("api/.peko/api.js", "text");
  EXPECT_EQ(read_bundle(found->functions[1]).value_or(""), "text");
}

TEST(Projects, ThatAreNoneSayWhatIsExpected) {
  const TestFolder folder;
  fs::create_directories(folder.path() / "empty");
  folder.write("notes.txt", "text");
  folder.write("___.wasm", "");
  const Row rows[] = {
      {"absent", Code::NotFound, "/absent does not exist: correct the path"},
      {"emty", Code::NotFound, "/empty?"},
      {"empty", Code::NotFound, "name a project's folder, a folder of projects or a .wasm file"},
      {"notes.txt", Code::Invalid, "/notes.txt is no function: name a project's folder"},
      {"notes.txt/x", Code::NotFound, "does not exist"},
  };
  for (const Row& row : rows) {
    const auto found = discover({folder.path() / row.path});
    ASSERT_FALSE(found.has_value()) << row.path;
    EXPECT_EQ(found.error().code, row.code) << row.path;
    EXPECT_NE(found.error().message.find(row.message), std::string::npos) << found.error().message;
  }
  const std::string empty = (folder.path() / "empty").string();
  EXPECT_NE(discover({folder.path() / "empty"})
                .error()
                .message.find("there is neither " + empty + "/peko.toml nor " + empty + "/*/peko.toml"),
            std::string::npos);
  EXPECT_EQ(discover({folder.path() / "___.wasm"})->problems.size(), 1U);
}

}  // namespace
}  // namespace peko::code
