#include "code/s3_open.hpp"

#include <utility>

#include "cloud/credentials_chain.hpp"
#include "cloud/curl_transport.hpp"
#include "cloud/profile.hpp"

namespace peko::code {
namespace {

/// An S3Store with what it uses.
class Bucket final : public Store {
 public:
  Bucket(std::unique_ptr<cloud::CurlTransport> transport, std::unique_ptr<cloud::CredentialsSource> credentials,
         std::unique_ptr<S3Store> store)
      : transport_(std::move(transport)), credentials_(std::move(credentials)), store_(std::move(store)) {}

  Result<ObjectPage> list(std::string_view prefix, std::string_view after, std::size_t count) override {
    return store_->list(prefix, after, count);
  }
  Result<ObjectInfo> stat(std::string_view key) override { return store_->stat(key); }
  Result<std::optional<ObjectInfo>> get(std::string_view key, const ByteSink& sink, const ByteRange& range,
                                        std::string_view unless_etag) override {
    return store_->get(key, sink, range, unless_etag);
  }
  Result<ObjectInfo> put(std::string_view key, ByteSource& bytes, const PutIf& condition) override {
    return store_->put(key, bytes, condition);
  }
  Status remove(std::string_view key) override { return store_->remove(key); }
  [[nodiscard]] std::string shown() const override { return store_->shown(); }

 private:
  // Each uses those above it.
  const std::unique_ptr<cloud::CurlTransport> transport_;
  const std::unique_ptr<cloud::CredentialsSource> credentials_;
  const std::unique_ptr<S3Store> store_;
};

}  // namespace

Result<std::unique_ptr<Store>> open_bucket(S3Location location, const cloud::Environment& environment,
                                           const Clock& clock, S3Options options) {
  if (location.endpoint.empty()) location.endpoint = cloud::value_of(environment, "AWS_ENDPOINT_URL_S3");
  if (location.endpoint.empty()) location.endpoint = cloud::value_of(environment, "AWS_ENDPOINT_URL");
  if (location.region.empty()) {
    auto region = cloud::default_region(environment);
    if (!region) return fail(std::move(region.error()), location.shown());
    location.region = std::move(*region);
  }
  auto transport = cloud::CurlTransport::start({.ca_file = cloud::value_of(environment, "AWS_CA_BUNDLE")});
  if (!transport) return fail(std::move(transport.error()), location.shown());
  auto credentials = cloud::default_credentials(environment, **transport, clock);
  auto store = S3Store::make(std::move(location), **transport, *credentials, clock, std::move(options));
  if (!store) return fail(std::move(store.error()));
  return std::make_unique<Bucket>(std::move(*transport), std::move(credentials), std::move(*store));
}

}  // namespace peko::code
