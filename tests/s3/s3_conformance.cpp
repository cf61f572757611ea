/// The suite that every store must pass, on a real server: tests/s3/s3_test.py starts one and says by the environment
/// where it is (AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY).
#include <gmock/gmock.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/hash.hpp"
#include "cloud/credentials_chain.hpp"
#include "cloud/curl_transport.hpp"
#include "cloud/environment.hpp"
#include "cloud/sigv4.hpp"
#include "code/s3_open.hpp"
#include "code/store_conformance.hpp"

namespace peko::code {
namespace {

using ::testing::HasSubstr;

constexpr const char* kBucket = "conformance";

const Clock& the_clock() {
  static const SystemClock clock;
  return clock;
}

std::unique_ptr<Store> open(const std::string& bucket, const std::string& prefix,
                            const cloud::Environment& environment = cloud::process_environment()) {
  auto store = open_bucket({.bucket = bucket, .prefix = prefix}, environment, the_clock());
  if (store) return std::move(*store);
  std::fprintf(stderr, "%s\n", store.error().message.c_str());
  std::abort();
}

/// Makes the bucket, which no store does.
Status make_bucket() {
  const cloud::Environment environment = cloud::process_environment();
  auto transport = cloud::CurlTransport::start();
  if (!transport) return fail(std::move(transport.error()));
  const auto credentials = cloud::default_credentials(environment, **transport, the_clock())->get();
  if (!credentials) return fail(credentials.error());
  cloud::HttpRequest request;
  request.method = "PUT";
  request.url = cloud::value_of(environment, "AWS_ENDPOINT_URL") + "/" + kBucket;
  cloud::sign(request, *credentials, {.region = "us-east-1", .service = "s3"}, hex(sha256({})), the_clock().wall_now());
  const auto response = (*transport)->send(request);
  if (!response) return fail(response.error());
  if (response->status == 200 || response->status == 409) return {};
  return fail(Code::Unavailable, std::to_string(response->status) + " " + response->body);
}

class BucketGround final : public StoreGround {
 public:
  BucketGround() {
    static std::atomic<int> number{0};
    prefix_ = "ground/" + std::to_string(++number);
  }
  std::unique_ptr<Store> open() override { return code::open(kBucket, prefix_); }

 private:
  std::string prefix_;
};

std::size_t many_objects() {
  const char* const told = std::getenv("PEKO_S3_MANY");
  return told ? std::strtoul(told, nullptr, 10) : 10'000;
}

INSTANTIATE_TEST_SUITE_P(S3, StoreConformance,
                         ::testing::Values(StoreFactory{.name = "S3",
                                                        .make = [] { return std::make_unique<BucketGround>(); },
                                                        .many_objects = many_objects()}),
                         store_factory_name);

TEST(RealS3, SaysThatTheSecretIsWrong) {
  cloud::Environment environment = cloud::process_environment();
  if (cloud::value_of(environment, "PEKO_S3_CHECKS_SIGNATURES").empty()) GTEST_SKIP() << "this server checks none";
  environment["AWS_SECRET_ACCESS_KEY"] = "wrong";
  const auto store = open(kBucket, "denied", environment);
  const auto stat = store->stat("k");
  ASSERT_FALSE(stat);
  EXPECT_EQ(stat.error().code, Code::Denied) << stat.error().message;
  EXPECT_THAT(stat.error().message, HasSubstr("secret access key is wrong"));
  const auto put = put_object(*store, "k", "x", PutIf::absent());
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().code, Code::Denied) << put.error().message;
}

TEST(RealS3, SaysThatTheBucketIsNotThere) {
  const auto store = open("no-such-bucket", "");
  const auto page = store->list("", "", 10);
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().code, Code::Invalid) << page.error().message;
  EXPECT_THAT(page.error().message, HasSubstr("create the bucket"));
}

/// Whatever breaks on the way, no writer's work is lost: each adds a line to one object, again and again.
TEST(RealS3, LosesNoneOfManyWritersWork) {
  constexpr int kWriters = 4;
  constexpr int kLines = 15;
  const std::string key = "lines";
  std::vector<std::thread> writers;
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([&, writer] {
      const auto store = open(kBucket, "writers");
      for (int line = 0; line < kLines;) {
        const auto object = get_object(*store, key, 100'000);
        const std::string text = std::to_string(writer) + "/" + std::to_string(line) + "\n";
        Result<ObjectInfo> put = fail(Code::Unavailable, "");
        if (object) {
          if (object->bytes.find("\n" + text) != std::string::npos) {
            ++line;  // written after all, by a put whose outcome was not known
            continue;
          }
          put = put_object(*store, key, object->bytes + text, PutIf::unchanged(object->info.etag));
        } else if (object.error().code == Code::NotFound) {
          put = put_object(*store, key, "\n" + text, PutIf::absent());
        }
        if (put) ++line;
      }
    });
  }
  for (std::thread& each : writers) each.join();
  const auto object = get_object(*open(kBucket, "writers"), key, 100'000);
  ASSERT_TRUE(object) << object.error().message;
  EXPECT_EQ(std::ranges::count(object->bytes, '\n'), 1 + kWriters * kLines) << object->bytes;
}

}  // namespace
}  // namespace peko::code

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  if (const auto made = peko::code::make_bucket(); !made) {
    std::fprintf(stderr, "making the bucket: %s\n", made.error().message.c_str());
    return 1;
  }
  return RUN_ALL_TESTS();
}
