#include "scaffold/staging.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/file.hpp"
#include "code/test_folder.hpp"

namespace peko::scaffold {
namespace {

namespace fs = std::filesystem;

const Names kNames{.function = "my-app", .crate = "my-app"};

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename());
  std::ranges::sort(names);
  return names;
}

Status make(const fs::path& target) {
  Result<Staging> staging = Staging::begin(target);
  if (!staging) return fail(staging.error());
  if (Status written = staging->write(*find_template("js"), kNames); !written) return written;
  return staging->finish();
}

TEST(Staging, MovesAProjectToItsPlaceAndLeavesNothingElse) {
  const code::TestFolder folder;
  ASSERT_TRUE(make(folder.path() / "a/b/my-app/"));
  EXPECT_EQ(names_in(folder.path() / "a/b"), std::vector<std::string>{"my-app"});
  const auto manifest = read_file(folder.path() / "a/b/my-app/peko.toml", 1 << 20);
  EXPECT_TRUE(manifest && manifest->contains("name = \"my-app\""));
}

mode_t permissions(const fs::path& path) {
  struct stat found{};
  EXPECT_EQ(::stat(path.c_str(), &found), 0);
  return found.st_mode & 0777;
}

TEST(Staging, MakesFoldersAndFilesAsOpenAsAnyOthers) {
  const code::TestFolder folder;
  Result<Staging> staging = Staging::begin(folder.path() / "my-app");
  ASSERT_TRUE(staging && staging->write(*find_template("rest-api"), kNames) && staging->finish());
  const mode_t mask = ::umask(0);
  ::umask(mask);
  EXPECT_EQ(permissions(folder.path() / "my-app"), 0777 & ~mask);
  EXPECT_EQ(permissions(folder.path() / "my-app/test.py"), 0777 & ~mask);
  EXPECT_EQ(permissions(folder.path() / "my-app/peko.toml"), 0666 & ~mask);
}

TEST(Staging, ThatIsGivenUpLeavesNothing) {
  const code::TestFolder folder;
  {
    Result<Staging> staging = Staging::begin(folder.path() / "a/b/my-app");
    ASSERT_TRUE(staging);
    ASSERT_TRUE(staging->write(*find_template("js"), kNames));
    EXPECT_TRUE(fs::exists(staging->folder() / "src/index.js"));
  }
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(Staging, UsesAnEmptyFolderAsItIs) {
  const code::TestFolder folder;
  fs::create_directories(folder.path() / "my-app/.git");
  ASSERT_TRUE(make(folder.path() / "my-app"));
  const std::vector<std::string> names = names_in(folder.path() / "my-app");
  EXPECT_EQ(names.front(), ".git");
  EXPECT_EQ(std::ranges::count(names, "peko.toml"), 1);
  EXPECT_TRUE(std::ranges::none_of(names, [](const std::string& name) { return name.starts_with(".peko-new"); }));
}

TEST(Staging, OverwritesNothingAndNamesWhatIsInTheWay) {
  const code::TestFolder folder;
  folder.write("full/notes.txt", "mine");
  folder.write("file", "mine");
  const Status full = make(folder.path() / "full");
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, Code::Conflict);
  EXPECT_TRUE(full.error().message.contains("full/notes.txt")) << full.error().message;
  const Status file = make(folder.path() / "file");
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, Code::Conflict);
  EXPECT_FALSE(make(folder.path() / "file/below"));
  EXPECT_EQ(names_in(folder.path() / "full"), std::vector<std::string>{"notes.txt"});
  EXPECT_EQ(names_in(folder.path()), (std::vector<std::string>{"file", "full"}));
}

TEST(Staging, OverwritesNothingThatAppearsMeanwhile) {
  const code::TestFolder folder;
  for (const std::string_view name : {"new", "empty"}) {
    const fs::path target = folder.path() / name;
    if (name == "empty") fs::create_directory(target);
    {
      Result<Staging> staging = Staging::begin(target);
      ASSERT_TRUE(staging && staging->write(*find_template("js"), kNames));
      folder.write(target / "peko.toml", "mine");
      const Status moved = staging->finish();
      ASSERT_FALSE(moved);
      EXPECT_EQ(moved.error().code, Code::Conflict);
    }
    EXPECT_EQ(names_in(target), std::vector<std::string>{"peko.toml"});
    EXPECT_EQ(*read_file(target / "peko.toml", 100), "mine");
  }
}

}  // namespace
}  // namespace peko::scaffold
