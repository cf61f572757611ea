#include "code/asset_folder.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <thread>

#include "code/forbid_openat2.hpp"
#include "code/test_folder.hpp"

namespace peko::code {
namespace {

namespace fs = std::filesystem;

class AssetFolderTest : public testing::Test {
 protected:
  std::string listed(const Function& function = {}) {
    const Result<AssetFolder> opened = AssetFolder::open(folder.path() / "public");
    if (!opened) return opened.error().message;
    const auto files = opened->list(function);
    if (!files) return files.error().message;
    std::string text;
    for (const AssetFolder::File& file : *files) text += file.path + ":" + std::to_string(file.size) + " ";
    return text;
  }
  /// Where openat2 fails with `number`.
  std::string listed_without_openat2(int number) {
    std::string text = "openat2 cannot be forbidden";
    std::thread([&] {
      if (forbid_openat2(number)) text = listed();
    }).join();
    return text;
  }
  TestFolder folder;
};

TEST_F(AssetFolderTest, ListsFilesBelowItInOrder) {
  folder.write("public/index.html", "hello");
  folder.write("public/img/sky.png", "png");
  folder.write("public/img/a/b.txt", "");
  folder.write("public/.well-known/security.txt", "x");
  EXPECT_EQ(listed(), ".well-known/security.txt:1 img/a/b.txt:0 img/sky.png:3 index.html:5 ");
}

TEST_F(AssetFolderTest, LeavesOutWhatIsHidden) {
  folder.write("public/.DS_Store", "x");
  folder.write("public/.git/config", "x");
  folder.write("public/a/.env", "x");
  folder.write("public/a/.well-known/x", "x");
  folder.write("public/a/b", "x");
  EXPECT_EQ(listed(), "a/b:1 ");
}

TEST_F(AssetFolderTest, RefusesLinksThatLeadOut) {
  folder.write("secret", "x");
  folder.write("public/a", "x");
  fs::create_symlink("../secret", folder.path() / "public/link");
  EXPECT_NE(listed().find("link that leads out of the folder"), std::string::npos) << listed();
  fs::remove(folder.path() / "public/link");
  fs::create_symlink(folder.path() / "secret", folder.path() / "public/link");
  EXPECT_NE(listed().find("link that leads out of the folder"), std::string::npos) << listed();
  fs::remove(folder.path() / "public/link");
  fs::create_symlink("nowhere", folder.path() / "public/link");
  EXPECT_NE(listed().find("leads nowhere"), std::string::npos) << listed();
}

TEST_F(AssetFolderTest, FollowsLinksToFilesInside) {
  folder.write("public/a/real", "four");
  fs::create_symlink("a/real", folder.path() / "public/link");
  EXPECT_EQ(listed(), "a/real:4 link:4 ");
  fs::create_directory_symlink("a", folder.path() / "public/folder");
  EXPECT_NE(listed().find("link to a folder"), std::string::npos) << listed();
}

TEST_F(AssetFolderTest, NeedsNoOpenat2) {
  folder.write("public/index.html", "hello");
  folder.write("public/img/a/b.txt", "b");
  for (const int number : {ENOSYS, EPERM}) {
    EXPECT_EQ(listed_without_openat2(number), "img/a/b.txt:1 index.html:5 ");
  }
  fs::create_symlink("img/a/b.txt", folder.path() / "public/link");
  EXPECT_NE(listed_without_openat2(ENOSYS).find("link that leads out of the folder"), std::string::npos);
}

TEST_F(AssetFolderTest, SaysWhyAFolderCannotBeListed) {
  folder.write("public/a", "x");
  const std::string why = listed_without_openat2(EACCES);
  EXPECT_NE(why.find("Permission denied"), std::string::npos) << why;
}

TEST_F(AssetFolderTest, RefusesWhatIsNoFile) {
  folder.write("public/a", "x");
  ASSERT_EQ(::mkfifo((folder.path() / "public/pipe").c_str(), 0600), 0);
  EXPECT_NE(listed().find("neither a file nor a folder"), std::string::npos) << listed();
}

TEST_F(AssetFolderTest, RefusesNamesThatNoRequestCanHave) {
  folder.write("public/a\nb", "x");
  EXPECT_NE(listed().find("control character"), std::string::npos) << listed();
  fs::remove(folder.path() / "public/a\nb");
  folder.write("public/bad\xff.js", "x");
  EXPECT_NE(listed().find("not UTF-8"), std::string::npos) << listed();
}

TEST_F(AssetFolderTest, NamesTheLimitThatIsCrossed) {
  folder.write("public/a", std::string(100, 'x'));
  folder.write("public/b", std::string(100, 'x'));
  EXPECT_NE(listed({.asset_bytes_max = 99}).find("PEKO-ASSETS: "), std::string::npos);
  EXPECT_NE(listed({.asset_bytes_max = 99}).find("asset_mb"), std::string::npos);
  EXPECT_NE(listed({.assets_bytes_max = 199}).find("assets_mb"), std::string::npos);
  EXPECT_NE(listed({.asset_files_max = 1}).find("asset_files"), std::string::npos);
  EXPECT_EQ(listed({.asset_bytes_max = 100, .assets_bytes_max = 200, .asset_files_max = 2}), "a:100 b:100 ");
}

TEST_F(AssetFolderTest, SaysWhatToDoWhenItIsNotThere) {
  EXPECT_NE(listed().find("is not there: make it"), std::string::npos) << listed();
  folder.write("public", "a file");
  EXPECT_NE(listed().find("is no folder"), std::string::npos) << listed();
}

TEST_F(AssetFolderTest, ReadsFilesAndNothingElse) {
  folder.write("secret", "x");
  folder.write("public/a/b", "bytes");
  folder.write("public/.well-known.html", "x");
  fs::create_symlink("../secret", folder.path() / "public/link");
  ASSERT_EQ(::mkfifo((folder.path() / "public/pipe").c_str(), 0600), 0);
  const auto opened = AssetFolder::open(folder.path() / "public");
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->read("a/b", 5).value(), "bytes");
  EXPECT_FALSE(opened->read("a/b", 4));
  EXPECT_TRUE(opened->has("a/b"));
  for (const std::string& path : {"a", "nothing", "link", "pipe", "../secret", "a/b/c", ".well-known.html"}) {
    EXPECT_FALSE(opened->read(path, 100)) << path;
    EXPECT_FALSE(opened->has(path)) << path;
  }
}

}  // namespace
}  // namespace peko::code
