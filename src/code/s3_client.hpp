/// S3Client: sends one request to a bucket until there is an answer that another try would not change.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "cloud/credentials.hpp"
#include "cloud/http_transport.hpp"
#include "code/s3_location.hpp"
#include "code/s3_xml.hpp"

namespace peko::code {

struct S3Options {
  int attempts_max = 8;
  std::chrono::milliseconds backoff_first{100};       ///< the longest pause before the second attempt; doubles
  std::chrono::milliseconds backoff_max{5'000};       ///< the longest of all
  std::chrono::milliseconds retry_after_max{10'000};  ///< of a server that says when to come back
  std::chrono::milliseconds deadline{30'000};  ///< no attempt begins later, counted from the last byte that got through
  std::chrono::milliseconds connect_timeout{3'000};
  std::chrono::milliseconds stall_timeout{10'000};
  std::function<void(std::chrono::milliseconds)> sleep;  ///< null: the thread sleeps
  std::function<void(std::string_view)> warn;  ///< gets what an operator should put right, once each; null: nobody
};

/// Signs; repeats what failed by chance after a pause (exponential, with full jitter); learns the bucket's region and
/// the service's clock when it was wrong about them; asks for new credentials when they have expired. Shared by
/// threads.
class S3Client {
 public:
  /// What is asked for. Empty key: the bucket.
  struct Target {
    std::string key;
    std::string query;  ///< encoded
  };
  /// The request of one attempt, without URL and signature.
  using Next = std::function<cloud::HttpRequest()>;

  /// All outlive it.
  S3Client(S3Location location, cloud::HttpTransport& transport, cloud::CredentialsSource& credentials,
           const Clock& clock, S3Options options);

  /// The answer, whatever its status: explain() makes an error of it. `payload_hash`: of the body, in hex. Errors:
  /// those of the caller's own sink, source and head check, as they are; Unavailable, Deadline: no attempt brought an
  /// answer; Denied: no credentials, no trust.
  Result<cloud::HttpResponse> send(const Target& target, std::string_view payload_hash, const Next& next,
                                   const cloud::BodyWriter& sink = {});

  /// What a status that nobody wanted means. `what`: "reading functions/hello.wasm".
  [[nodiscard]] Error explain(const cloud::HttpResponse& response, std::string_view what) const;

  [[nodiscard]] const S3Location& location() const { return location_; }

 private:
  /// One call of send(): what has been tried.
  struct Tries {
    std::chrono::steady_clock::time_point deadline;
    int attempts = 0;
    bool region_learned = false;
    bool clock_set = false;
    bool credentials_renewed = false;
    bool ask_with_get = false;  ///< the answer to a HEAD has no reason in it: ask for it
  };
  enum class Verdict : std::uint8_t { Final, Again, Later };

  /// One attempt: how it is to be made, and what it was.
  struct Attempt {
    bool with_get = false;  ///< instead of a HEAD
    bool was_head = false;
    bool moved = false;       ///< bytes of a body got through
    bool was_caller = false;  ///< ended by the caller's sink, source or head check
  };
  Result<cloud::HttpResponse> attempt(const Target& target, std::string_view payload_hash, const Next& next,
                                      const cloud::BodyWriter& sink, Attempt& one);
  Verdict judge(const cloud::HttpResponse& response, const Attempt& one, Tries& tries);
  bool learn_region(const cloud::HttpResponse& response, const S3Error& error);
  bool set_clock(const cloud::HttpResponse& response);
  /// False: there is no time for another attempt.
  bool pause(Tries& tries, std::string_view retry_after);
  [[nodiscard]] std::string region() const;
  void warn(const std::string& text) const;

  const S3Location location_;
  cloud::HttpTransport& transport_;
  cloud::CredentialsSource& credentials_;
  const Clock& clock_;
  const S3Options options_;

  std::atomic<std::int64_t> skew_seconds_{0};  ///< how far the service's clock is ahead of ours
  mutable std::mutex mutex_;                   ///< guards what follows
  std::string region_;
  Random random_ = Random::from_entropy();
};

}  // namespace peko::code
