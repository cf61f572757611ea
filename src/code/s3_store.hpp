/// S3Store: a store in a bucket of S3, or of a service that speaks as S3 does (R2, MinIO, OCI, versitygw, Ceph).
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include "code/s3_client.hpp"
#include "code/store.hpp"

namespace peko::code {

/// Needs: ListObjectsV2, HEAD, GET with ranges, PUT with If-None-Match and If-Match, DELETE. An object is sent by one
/// PUT (S3 takes 5 GB, code has some hundred MB), with the SHA-256 of its bytes in the signature: the service refuses
/// what was damaged on its way.
///
/// Conditional writes: whether the service heeds conditions is tried out before the first one, with an object that no
/// key can name (`!conditional-writes`, beside the key); AWS is known to. Each put carries a random id, so that one
/// whose answer was lost knows its own work again. If somebody else has already replaced that, it is Conflict all the
/// same.
///
/// An object that is written with the bytes it had keeps its etag.
class S3Store final : public Store {
 public:
  /// Asks nobody yet. All outlive it. Invalid: the location.
  static Result<std::unique_ptr<S3Store>> make(S3Location location, cloud::HttpTransport& transport,
                                               cloud::CredentialsSource& credentials, const Clock& clock,
                                               S3Options options = {});

  Result<ObjectPage> list(std::string_view prefix, std::string_view after, std::size_t count) override;
  Result<ObjectInfo> stat(std::string_view key) override;
  Result<std::optional<ObjectInfo>> get(std::string_view key, const ByteSink& sink, const ByteRange& range = {},
                                        std::string_view unless_etag = {}) override;
  Result<ObjectInfo> put(std::string_view key, ByteSource& bytes, const PutIf& condition = {}) override;
  Status remove(std::string_view key) override;
  [[nodiscard]] std::string shown() const override { return client_.location().shown(); }

 private:
  S3Store(S3Location location, cloud::HttpTransport& transport, cloud::CredentialsSource& credentials,
          const Clock& clock, S3Options options);

  Result<S3Listing> list_page(std::string_view prefix, std::string_view after, std::size_t count);
  Result<cloud::HttpResponse> head(std::string_view key);
  Result<ObjectInfo> info_of(std::string_view key, const cloud::HttpResponse& response) const;
  /// After a condition that was not met: perhaps by our own work, whose answer was lost.
  Result<ObjectInfo> settle(std::string_view key, std::string_view put_id, const cloud::HttpResponse& refusal);
  Status ensure_conditions(std::string_view key, PutIf::Is is);
  Result<bool> condition_is_heeded(std::string_view probe_key, const PutIf& condition);
  Result<cloud::HttpResponse> put_once(std::string_view full_key, ByteSource& bytes, const PutIf& condition,
                                       std::string_view put_id);
  [[nodiscard]] S3Client::Target target(std::string_view key) const;

  S3Client client_;
  /// Of Absent and Unchanged: known to work.
  std::atomic<bool> absent_works_{false};
  std::atomic<bool> unchanged_works_{false};
};

}  // namespace peko::code
