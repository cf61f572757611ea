#include "node/store_assets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/fake_clock.hpp"
#include "code/memory_store.hpp"
#include "code/paths.hpp"
#include "code/test_folder.hpp"

namespace peko::node {
namespace {

using testing::HasSubstr;

class StoreAssetsTest : public testing::Test {
 protected:
  ~StoreAssetsTest() override { log_->stop(); }

  std::shared_ptr<StoreAssets> assets(const code::LocalCache* cache) {
    return std::make_shared<StoreAssets>(
        StoreAssetsParts{.store = store_, .cache = cache, .stats = stats_, .log = *log_});
  }
  code::AssetBlob put(std::string_view bytes) {
    const Digest hash = sha256(bytes);
    store_.set(code::asset_key(hash), bytes);
    return {.hash = hash, .size = bytes.size()};
  }
  code::LocalCache cache() const {
    Result<code::NodeKey> key = code::NodeKey::open(folder_.path() / "key");
    return code::LocalCache::open(folder_.path() / "cache", std::uint64_t{1} << 30U, std::move(key).value()).value();
  }

  FakeClock clock_;
  code::TestFolder folder_;
  code::MemoryStore store_;
  StoreStats stats_;
  std::unique_ptr<LogSink> log_ = LogSink::start(STDERR_FILENO, {}, clock_);
};

TEST_F(StoreAssetsTest, BringsAFileAndKeepsIt) {
  const code::LocalCache kept = cache();
  const code::AssetBlob file = put("<p>about");
  EXPECT_EQ(assets(&kept)->cached(file).error().code, Code::NotFound);
  EXPECT_EQ(assets(&kept)->fetch(file).value().bytes, "<p>about");
  EXPECT_EQ(assets(&kept)->cached(file).value().bytes, "<p>about");
}

TEST_F(StoreAssetsTest, RefusesAFileOfAnotherSizeThanItsListGives) {
  const code::LocalCache kept = cache();
  for (const std::string& bytes : {std::string("<p>about"), std::string(code::kAssetInMemoryMax, 'x')}) {
    const code::AssetBlob file = put(bytes);
    ASSERT_TRUE(assets(&kept)->fetch(file));  // in the cache now
    for (const std::uint64_t size : {std::uint64_t{0}, file.size - 1, file.size + 1, file.size << 20U}) {
      const code::AssetBlob lie{.hash = file.hash, .size = size};
      EXPECT_EQ(assets(&kept)->cached(lie).error().code, Code::NotFound) << size;
      const Result<code::AssetBytes> fetched = assets(&kept)->fetch(lie);
      ASSERT_FALSE(fetched) << size;
      EXPECT_EQ(fetched.error().code, Code::Invalid) << size;
      EXPECT_THAT(fetched.error().message, HasSubstr("size")) << size;
    }
  }
  EXPECT_EQ(stats_.refused_total(), 8U);
}

TEST_F(StoreAssetsTest, RefusesAnIndexOfAnotherSizeThanItsVersionGives) {
  const code::LocalCache kept = cache();
  const std::string index = code::write_asset_index({{.path = "about.html", .plain = put("<p>about")}}).value();
  code::AssetsRecord record{.index = {.hash = sha256(index), .size = index.size()}, .files = 1, .bytes = 8};
  store_.set(code::asset_index_key(record.index.hash), index);
  ASSERT_TRUE(assets(&kept)->open(record, 8, Reach::Store));
  ASSERT_TRUE(assets(&kept)->open(record, 8, Reach::Cache)) << "it is in the cache now";
  for (const std::uint64_t size : {record.index.size - 1, record.index.size + 1}) {
    record.index.size = size;
    EXPECT_FALSE(assets(&kept)->open(record, 8, Reach::Cache)) << size;
    EXPECT_FALSE(assets(&kept)->open(record, 8, Reach::Store)) << size;
  }
}

TEST_F(StoreAssetsTest, RefusesAnIndexWithALargerFileThanTheNodeAllows) {
  const code::AssetBlob plain = put("<p>about");
  const code::AssetBlob larger = put("<p>about it");
  const auto open = [&](const code::AssetFile& file) {
    const std::string index = code::write_asset_index({file}).value();
    store_.set(code::asset_index_key(sha256(index)), index);
    return assets(nullptr)->open({.index = {.hash = sha256(index), .size = index.size()}, .files = 1, .bytes = 8}, 8,
                                 Reach::Store);
  };
  EXPECT_TRUE(open({.path = "about.html", .plain = plain, .brotli = plain, .gzip = plain}));
  for (const code::AssetFile& file : {code::AssetFile{.path = "about.html", .plain = larger},
                                      code::AssetFile{.path = "about.html", .plain = plain, .brotli = larger},
                                      code::AssetFile{.path = "about.html", .plain = plain, .gzip = larger}}) {
    const auto refused = open(file);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::Invalid);
    EXPECT_THAT(refused.error().message, AllOf(HasSubstr("about.html"), HasSubstr("asset_mb")));
  }
}

}  // namespace
}  // namespace peko::node
