#include "code/asset_index.hpp"

#include <gtest/gtest.h>

#include <fmt/format.h>

namespace peko::code {
namespace {

AssetFile file(std::string path, std::string_view bytes) {
  return {.path = std::move(path), .plain = {.hash = sha256(bytes), .size = bytes.size()}};
}

TEST(AssetIndex, ReadsBackAsItWasWritten) {
  std::vector<AssetFile> files{file("a b.html", "x"), file("empty", ""), file("\xc3\xa4/\"q\".js", "y")};
  files[0].brotli = AssetBlob{.hash = sha256("br"), .size = 2};
  files[0].gzip = AssetBlob{.hash = sha256("gz"), .size = 3};
  const Result<std::string> text = write_asset_index(files);
  ASSERT_TRUE(text) << text.error().message;
  const auto again = read_asset_index(*text);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(*again, files);
}

TEST(AssetIndex, MayBeEmpty) {
  const auto again = read_asset_index(write_asset_index({}).value());
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->empty());
}

TEST(AssetIndex, NamesAFileThatIsNotUtf8) {
  const Result<std::string> text = write_asset_index({file("bad\xff.js", "x")});
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, Code::Invalid);
  EXPECT_NE(text.error().message.find("not UTF-8"), std::string::npos);
}

TEST(AssetIndex, RefusesWhatNoDeployWrote) {
  const std::string hash = hex(sha256("x"));
  const std::string good = fmt::format(R"({{"sha256":"{}","bytes":1}})", hash);
  const auto text_of = [](const std::string& path, const std::string& entry) {
    return fmt::format(R"({{"format":1,"files":{{"{}":{}}}}})", path, entry);
  };
  ASSERT_TRUE(read_asset_index(text_of("a", good)));
  for (const std::string& bad : {
           std::string(),
           std::string("{}"),
           std::string(R"({"format":1})"),
           std::string(R"({"format":1,"files":[]})"),
           text_of("../a", good),
           text_of("/a", good),
           text_of("", good),
           text_of("a/../../etc/passwd", good),
           text_of("a", "1"),
           text_of("a", R"({"bytes":1})"),
           text_of("a", R"({"sha256":"12","bytes":1})"),
           text_of("a", fmt::format(R"({{"sha256":"{}","bytes":-1}})", hash)),
           text_of("a", fmt::format(R"({{"sha256":"{}","bytes":99999999999999}})", hash)),
           text_of("a", fmt::format(R"({{"sha256":"{}","bytes":1,"br":[]}})", hash)),
       }) {
    EXPECT_FALSE(read_asset_index(bad)) << bad;
  }
  const auto newer = read_asset_index(text_of("a", fmt::format(R"({{"sha256":"{}","bytes":1,"zstd":{{}}}})", hash)));
  ASSERT_FALSE(newer);
  EXPECT_EQ(newer.error().code, Code::Unsupported);
}

TEST(AssetIndex, HasABoundedNumberOfFiles) {
  std::vector<AssetFile> files;
  for (std::size_t i = 0; i <= kAssetFilesMax; ++i) files.push_back(file(fmt::format("{:06}", i), "x"));
  EXPECT_FALSE(write_asset_index(files));
  files.pop_back();
  EXPECT_TRUE(write_asset_index(files));
}

}  // namespace
}  // namespace peko::code
