#include "code/asset_path.hpp"

#include <gtest/gtest.h>

#include <set>

namespace peko::code {
namespace {

struct Mapped {
  std::string_view target;
  std::string_view result;  ///< "file PATH", "folder", "nowhere"
};

std::string located(std::string_view target) {
  static const std::set<std::string> kFiles{
      "index.html",  "about.html", "about",           "contact.html", "docs/index.html", "docs/a b.txt",
      "img/sky.png", "both.html",  "both/index.html", "\xc3\xa4.css", "100%.txt",        ".well-known/security.txt"};
  std::string path;
  if (!asset_path_of(target, path)) return "nowhere";
  switch (locate_asset(path, [](const std::string& each) { return kFiles.contains(each); })) {
    case AssetAt::File: return "file " + path;
    case AssetAt::Folder: return "folder";
    case AssetAt::Nowhere: break;
  }
  return "nowhere";
}

TEST(AssetPath, LeadsFromTargetsToFiles) {
  const Mapped table[] = {
      {"/", "file index.html"},
      {"/?q=1", "file index.html"},
      {"/index.html", "file index.html"},
      {"/about", "file about"},
      {"/about.html", "file about.html"},
      {"/contact", "file contact.html"},
      {"/contact?x=/../y", "file contact.html"},
      {"/contact/", "nowhere"},
      {"/docs", "folder"},
      {"/docs/", "file docs/index.html"},
      {"/docs/a%20b.txt", "file docs/a b.txt"},
      {"/both", "file both.html"},
      {"/both/", "file both/index.html"},
      {"/img/sky.png", "file img/sky.png"},
      {"/img/SKY.png", "nowhere"},
      {"/img", "nowhere"},
      {"/img/", "nowhere"},
      {"/%c3%a4.css", "file \xc3\xa4.css"},
      {"/100%25.txt", "file 100%.txt"},
      {"/.well-known/security.txt", "file .well-known/security.txt"},
      {"/nothing", "nowhere"},
  };
  for (const Mapped& row : table) EXPECT_EQ(located(row.target), row.result) << row.target;
}

TEST(AssetPath, RefusesWhatNoFileOfTheFolderCanBe) {
  for (const std::string_view target : {"",
                                        "*",
                                        "index.html",
                                        "//index.html",
                                        "/docs//index.html",
                                        "/../index.html",
                                        "/docs/../index.html",
                                        "/docs/..",
                                        "/%2e%2e/index.html",
                                        "/docs%2findex.html",
                                        "/docs%2Findex.html",
                                        "/./index.html",
                                        "/.git/config",
                                        "/%2egit/config",
                                        "/docs/.well-known/x",
                                        "/a\\b",
                                        "/a%5cb",
                                        "/index.html%00",
                                        "/%00",
                                        "/100%.txt",
                                        "/%",
                                        "/%4",
                                        "/%zz",
                                        "/a%0ab",
                                        "//evil.example/docs"}) {
    EXPECT_EQ(located(target), "nowhere") << target;
  }
}

TEST(AssetPath, DecodesOnce) {
  EXPECT_EQ(located("/docs/a%2520b.txt"), "nowhere");
  EXPECT_EQ(located("/%252e%252e/index.html"), "nowhere");
  EXPECT_EQ(located("/docs%252findex.html"), "nowhere");
}

TEST(AssetPath, IsBounded) {
  std::string path;
  EXPECT_TRUE(asset_path_of("/" + std::string(kAssetPathBytesMax, 'a'), path));
  EXPECT_FALSE(asset_path_of("/" + std::string(kAssetPathBytesMax + 1, 'a'), path));
}

TEST(AssetPath, IsCheckedWithAReason) {
  EXPECT_TRUE(check_asset_path("img/sky.png"));
  EXPECT_TRUE(check_asset_path(".well-known/a"));
  for (const std::string_view path : {"", "/", "/a", "a/", "a//b", "..", "a/../b", ".env", "a/.env", "a\nb", "a\\b"}) {
    const Status checked = check_asset_path(path);
    ASSERT_FALSE(checked) << path;
    EXPECT_EQ(checked.error().code, Code::Invalid);
  }
}

}  // namespace
}  // namespace peko::code
