#include "code/open_store.hpp"

#include <gtest/gtest.h>

#include <string>

#include "code/test_folder.hpp"

namespace peko::code {
namespace {

class OpenStore : public ::testing::Test {
 protected:
  Result<std::unique_ptr<Store>> open(std::string_view url) {
    return open_store(url, {.clock = clock_, .environment = {}, .bucket = {}});
  }
  /// The message of a refusal.
  std::string refused(std::string_view url) {
    const auto store = open(url);
    EXPECT_FALSE(store) << url;
    if (store) {
      return {};
    }
    EXPECT_EQ(store.error().code, Code::Invalid) << url;
    return store.error().message;
  }

  SystemClock clock_;
};

TEST_F(OpenStore, TakesAFolderByUrlAndByPath) {
  const TestFolder folder;
  folder.write("my store/f", "x");
  const std::string path = folder.path().string();
  for (const std::string& url : {path + "/my store", "file://" + path + "/my%20store", "file://" + path + "/my store/",
                                 "file://localhost" + path + "/./my%20stor%65"}) {
    const auto store = open(url);
    ASSERT_TRUE(store) << url << ": " << store.error().message;
    EXPECT_TRUE((*store)->stat("f")) << url;
  }
}

TEST_F(OpenStore, TakesARelativePath) {
  EXPECT_EQ(folder_of("a/../store").value(), std::filesystem::current_path() / "store");
  EXPECT_EQ(folder_of("a:b").value(), std::filesystem::current_path() / "a:b");
  EXPECT_TRUE(open("a:b"));
}

TEST_F(OpenStore, DoesNotAskWhetherTheFolderIsThere) {
  const auto store = open("/nowhere/at/all");
  ASSERT_TRUE(store);
  EXPECT_EQ((*store)->stat("f").error().code, Code::Unavailable);
  EXPECT_EQ((*store)->shown(), "file:///nowhere/at/all");
}

TEST_F(OpenStore, TakesABucket) {
  const auto whole =
      bucket_of("s3://my-bucket/some/prefix/?endpoint=https%3A%2F%2Fs3.example.com:9000&region=eu-1&style=path");
  ASSERT_TRUE(whole) << whole.error().message;
  EXPECT_EQ(whole->bucket, "my-bucket");
  EXPECT_EQ(whole->prefix, "some/prefix");
  EXPECT_EQ(whole->endpoint, "https://s3.example.com:9000");
  EXPECT_EQ(whole->region, "eu-1");
  EXPECT_EQ(whole->style, S3Location::Style::Path);
  const auto bare = bucket_of("s3://my-bucket");
  ASSERT_TRUE(bare) << bare.error().message;
  EXPECT_EQ(bare->prefix + bare->endpoint + bare->region, "");
  EXPECT_EQ(bare->style, S3Location::Style::Auto);
  EXPECT_EQ(bucket_of("s3://my-bucket/?endpoint=http://127.0.0.1:9000")->endpoint, "http://127.0.0.1:9000");
  const auto store = open("s3://my-bucket/some/prefix");
  ASSERT_TRUE(store) << store.error().message;
  EXPECT_EQ((*store)->shown(), "s3://my-bucket/some/prefix");
}

TEST_F(OpenStore, SaysWhatIsWrongAndWhatIsRight) {
  const std::vector<std::pair<std::string, std::string>> table = {
      {"", "file:///srv/peko"},
      {"file://srv/peko", "three slashes"},
      {"file:/srv/peko", "two slashes"},
      {"s3:bucket", "two slashes"},
      {"file:///srv/peko?x=1", "no parameters"},
      {"file:///srv/%zz", "percent-encoded"},
      {"file:///srv/%0", "percent-encoded"},
      {"file:///srv/%00", "percent-encoded"},
      {"file:///etc/passwd", "is a file"},
      {"https://s3.example.com/bucket", "endpoint=https://"},
      {"gs://bucket", "\"gs:\" is no kind of store"},
      {"s3://", "bucket"},
      {"s3://B/../x", "bucket"},
      {"s3://bucket/a//b", "'/'"},
      {"s3://bucket?endpont=x", "did you mean \"endpoint\""},
      {"s3://bucket?colour=red", "there are endpoint, region and style"},
      {"s3://bucket?region", "no value"},
      {"s3://bucket?region=", "no value"},
      {"s3://bucket?", "no value"},
      {"s3://bucket?region=a&region=b", "twice"},
      {"s3://bucket?style=paths", "none of auto, virtual"},
      {"s3://bucket?endpoint=s3.example.com", "https://"},
      {"s3://bucket?region=EU/1", "region"},
      {"s3://bucket#x", "no '#'"},
  };
  for (const auto& [url, expected] : table) {
    const std::string message = refused(url);
    EXPECT_NE(message.find(expected), std::string::npos) << url << ": " << message;
  }
}

TEST_F(OpenStore, RefusesCredentialsWithoutRepeatingThem) {
  const std::string message = refused("s3://AKIAKEY:TheSecret@bucket/prefix");
  EXPECT_EQ(message.find("TheSecret"), std::string::npos) << message;
  EXPECT_EQ(message.find("AKIAKEY"), std::string::npos) << message;
}

}  // namespace
}  // namespace peko::code
