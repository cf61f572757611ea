#include "code/asset_upload.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "code/test_folder.hpp"
#include "code/test_release.hpp"
#include "code/version_objects.hpp"

namespace peko::code {
namespace {

using testing::Contains;
using testing::Not;
using testing::SizeIs;

constexpr std::chrono::seconds kGrace = std::chrono::hours(1);

class AssetUploadTest : public testing::Test, protected TestStore {
 protected:
  Result<Published> deploy_site(std::string_view component = "code") {
    Release site = release("site", component);
    site.settings.assets = folder.path() / "public";
    return publisher.deploy(site, {.author = "ann", .message = "why"}, {},
                            [this](const AssetsSent& sent) { EXPECT_EQ(sent.files, ++told_); });
  }
  AssetsSent sent_by(std::string_view component = "code") {
    told_ = 0;
    const auto published = deploy_site(component);
    EXPECT_TRUE(published) << published.error().message;
    return published && published->assets ? *published->assets : AssetsSent();
  }
  std::vector<AssetFile> files_of(VersionNumber version) {
    const auto record = fetch_version(store, "site", version);
    if (!record || !record->assets) return {};
    return fetch_asset_index(store, record->assets->index).value_or(std::vector<AssetFile>());
  }
  TestFolder folder;

 private:
  std::size_t told_ = 0;
};

const std::string kScript = [] {
  std::string text;
  for (int i = 0; i < 400; ++i) text += "console.log(" + std::to_string(i) + ");\n";
  return text;
}();

TEST_F(AssetUploadTest, SendsEachFileOnceWithItsCompressedForms) {
  folder.write("public/app.js", kScript);
  folder.write("public/copy.js", kScript);
  folder.write("public/small.css", "a{}");
  folder.write("public/noise.png", kScript);
  const AssetsSent first = sent_by();
  EXPECT_EQ(first.files_all, 4U);
  EXPECT_EQ(first.files_new, 2U);
  EXPECT_THAT(keys("assets/"), SizeIs(4));  // script, br, gzip, css
  const auto files = files_of(1);
  ASSERT_EQ(files.size(), 4U);
  EXPECT_EQ(files[0].path, "app.js");
  EXPECT_TRUE(files[0].brotli && files[0].gzip);
  EXPECT_LT(files[0].brotli->size, kScript.size() / 4);
  EXPECT_EQ(files[1].brotli, files[0].brotli);
  EXPECT_FALSE(files[2].brotli);  // a picture is not compressed again
  EXPECT_FALSE(files[3].brotli);  // too small

  const AssetsSent again = sent_by();
  EXPECT_EQ(again.files_new, 0U);
  EXPECT_EQ(again.bytes_sent, 0U);
  EXPECT_EQ(files_of(2), files);

  folder.write("public/small.css", "b{}");
  const AssetsSent changed = sent_by();
  EXPECT_EQ(changed.files_new, 1U);
  EXPECT_EQ(changed.bytes_sent, 3U);
}

TEST_F(AssetUploadTest, DoesNotSendAgainWhatServesHoweverOldItIs) {
  folder.write("public/app.js", kScript);
  sent_by();
  clock.advance(std::chrono::hours(100));
  EXPECT_EQ(sent_by().bytes_sent, 0U);
}

TEST_F(AssetUploadTest, SendsAgainWhatTheStoreHasLost) {
  folder.write("public/app.js", kScript);
  sent_by();
  for (const std::string& key : keys("assets/")) store.erase(key);
  EXPECT_EQ(sent_by().files_new, 1U);
  EXPECT_THAT(keys("assets/"), SizeIs(3));
}

TEST_F(AssetUploadTest, ServesAFolderAlone) {
  folder.write("public/index.html", "<p>hello");
  sent_by("");
  const auto record = fetch_version(store, "site", 1);
  ASSERT_TRUE(record) << record.error().message;
  EXPECT_EQ(record->kind, CodeKind::None);
  EXPECT_EQ(record->assets->files, 1U);
  EXPECT_EQ(record->assets->bytes, 8U);
  EXPECT_THAT(keys("components/"), SizeIs(0));
}

TEST_F(AssetUploadTest, ChangesNothingWhenTheFolderIsWrong) {
  const auto missing = deploy_site();
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Code::NotFound);
  EXPECT_THAT(keys(""), SizeIs(0));
}

TEST_F(AssetUploadTest, IsCollectedWithTheLastVersionThatNamesIt) {
  folder.write("public/old.js", kScript);
  folder.write("public/kept.css", "kept");
  sent_by("1");
  std::filesystem::remove(folder.path() / "public/old.js");
  folder.write("public/new.css", "new");
  sent_by("2");
  sent_by("3");
  clock.advance(kGrace * 2);
  const std::string old_index = asset_index_key(fetch_version(store, "site", 1)->assets->index.hash);
  ASSERT_TRUE(publisher.collect(1, kGrace, Publisher::Collect::Remove));
  EXPECT_THAT(keys("assets/"), testing::UnorderedElementsAre(asset_key(sha256("kept")), asset_key(sha256("new"))));
  EXPECT_THAT(keys("indexes/"), SizeIs(1));
  EXPECT_THAT(keys("indexes/"), Not(Contains(old_index)));
}

TEST_F(AssetUploadTest, KeepsTheRestOfADamagedIndexFromStoppingACollection) {
  folder.write("public/a.css", "a");
  sent_by("1");
  store.set(asset_index_key(fetch_version(store, "site", 1)->assets->index.hash), "garbage");
  clock.advance(kGrace * 2);
  EXPECT_TRUE(publisher.collect(1, kGrace, Publisher::Collect::Remove));
  EXPECT_FALSE(fetch_asset_index(store, fetch_version(store, "site", 1)->assets->index));
}

TEST_F(AssetUploadTest, RollsBackToVersionsWhoseIndexIsThere) {
  folder.write("public/a.css", "a");
  sent_by("1");
  folder.write("public/a.css", "b");
  sent_by("2");
  store.erase(asset_index_key(fetch_version(store, "site", 1)->assets->index.hash));
  EXPECT_FALSE(publisher.rollback("site", 1, {.author = "ann", .message = ""}));
}

}  // namespace
}  // namespace peko::code
