#include "code/s3_client.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <thread>
#include <utility>

#include "cloud/dates.hpp"
#include "cloud/sigv4.hpp"

namespace peko::code {
namespace {

template <std::size_t N>
bool is_one_of(std::string_view code, const std::array<std::string_view, N>& codes) {
  return std::ranges::find(codes, code) != codes.end();
}

// docs.aws.amazon.com, "Error responses" of S3: those that pass by themselves, whatever their status.
constexpr std::array<std::string_view, 8> kPassing = {"SlowDown", "SlowDownRead", "SlowDownWrite", "RequestTimeout",
                                                      "InternalError", "ServiceUnavailable",
                                                      // The bytes were damaged on their way.
                                                      "BadDigest", "XAmzContentSHA256Mismatch"};
constexpr std::array<std::string_view, 4> kStaleCredentials = {"ExpiredToken", "InvalidToken", "TokenRefreshRequired",
                                                               "InvalidAccessKeyId"};
// Of a clock that is wrong. Larger ones are nonsense.
constexpr std::chrono::hours kSkewMax{24 * 365 * 10};

/// 409: two requests at once of which this one did not get through, "retry the upload" (conditional writes of S3).
bool is_passing_status(unsigned status) {
  return status == 409 || status == 429 || status == 500 || status == 502 || status == 503 || status == 504 ||
         status == 307;
}

std::string shown_reason(const cloud::HttpResponse& response, const S3Error& error) {
  std::string text = std::to_string(response.status);
  if (!error.code.empty()) text += " " + error.code;
  if (!error.message.empty()) text += ": " + error.message;
  const std::string_view id = response.header("x-amz-request-id").substr(0, 64);
  const bool plain = std::ranges::all_of(id, [](char c) { return c > ' ' && c <= '~'; });
  return id.empty() || !plain ? text : text + " (request " + std::string(id) + ")";
}

}  // namespace

S3Client::S3Client(S3Location location, cloud::HttpTransport& transport, cloud::CredentialsSource& credentials,
                   const Clock& clock, S3Options options)
    : location_(std::move(location)),
      transport_(transport),
      credentials_(credentials),
      clock_(clock),
      options_(std::move(options)),
      region_(location_.region.empty() ? "us-east-1" : location_.region) {}

std::string S3Client::region() const {
  const std::lock_guard lock(mutex_);
  return region_;
}

void S3Client::warn(const std::string& text) const {
  if (options_.warn) options_.warn(location_.shown() + ": " + text);
}

Result<cloud::HttpResponse> S3Client::send(const Target& target, std::string_view payload_hash, const Next& next,
                                           const cloud::BodyWriter& sink) {
  Tries tries{.deadline = clock_.now() + options_.deadline};
  for (;;) {
    Attempt one{.with_get = std::exchange(tries.ask_with_get, false)};
    auto response = attempt(target, payload_hash, next, sink, one);
    if (one.was_caller) return response;
    ++tries.attempts;
    if (one.moved) tries.deadline = clock_.now() + options_.deadline;
    if (!response) {
      const Code code = response.error().code;
      if (code != Code::Unavailable && code != Code::Deadline) {
        return fail(std::move(response.error()), location_.shown());
      }
      if (pause(tries, {})) continue;
      return fail(code, location_.shown() + ": " + response.error().message + " (attempt " +
                            std::to_string(tries.attempts) + ", the last one)");
    }
    const Verdict verdict = judge(*response, one, tries);
    if (verdict == Verdict::Final) return response;
    if (verdict == Verdict::Later && !pause(tries, response->header("retry-after"))) return response;
  }
}

Result<cloud::HttpResponse> S3Client::attempt(const Target& target, std::string_view payload_hash, const Next& next,
                                              const cloud::BodyWriter& sink, Attempt& one) {
  auto credentials = credentials_.get();
  if (!credentials) return fail(std::move(credentials.error()), "credentials");
  cloud::HttpRequest request = next();
  one.was_head = request.method == "HEAD" && !one.with_get;
  if (one.with_get) {
    request.method = "GET";
    request.headers = {{"range", "bytes=0-0"}};
  }
  const std::string region_now = region();
  request.url = location_.url(target.key, region_now);
  if (!target.query.empty()) request.url += "?" + target.query;
  request.connect_timeout = options_.connect_timeout;
  request.stall_timeout = options_.stall_timeout;
  // An error of the caller's own must not be taken for one of the transport.
  const auto noted = [&one](auto outcome) {
    (outcome ? one.moved : one.was_caller) = true;
    return outcome;
  };
  if (request.body) {
    request.body = [body = std::move(request.body), &noted](std::uint64_t offset, std::size_t bytes_max) {
      return noted(body(offset, bytes_max));
    };
  }
  if (request.head) {
    request.head = [head = std::move(request.head), &noted](const cloud::HttpResponse& response) {
      return noted(head(response));
    };
  }
  cloud::BodyWriter noted_sink;
  if (sink) noted_sink = [&](std::string_view bytes) { return noted(sink(bytes)); };
  cloud::sign(request, *credentials, {.region = region_now, .service = "s3"}, payload_hash,
              clock_.wall_now() + std::chrono::seconds(skew_seconds_.load()));
  return transport_.send(request, noted_sink);
}

S3Client::Verdict S3Client::judge(const cloud::HttpResponse& response, const Attempt& one, Tries& tries) {
  const bool may_repeat = tries.attempts < options_.attempts_max;
  // What the HEAD was refused for has gone meanwhile.
  if (one.with_get && response.status / 100 == 2 && may_repeat) return Verdict::Again;
  if (response.status < 300 || response.status == 304) return Verdict::Final;
  const S3Error error = read_s3_error(response.body);
  if (!tries.region_learned && learn_region(response, error)) {
    tries.region_learned = true;
    return Verdict::Again;
  }
  if (!tries.clock_set && error.code == "RequestTimeTooSkewed" && set_clock(response)) {
    tries.clock_set = true;
    return Verdict::Again;
  }
  if (!tries.credentials_renewed && is_one_of(error.code, kStaleCredentials)) {
    credentials_.refused();
    tries.credentials_renewed = true;
    return Verdict::Again;
  }
  if (is_passing_status(response.status) || is_one_of(error.code, kPassing)) return Verdict::Later;
  // The answer to a HEAD has no body that gives the reason.
  if (one.was_head && (response.status == 400 || response.status == 403) && may_repeat) {
    tries.ask_with_get = true;
    return Verdict::Again;
  }
  return Verdict::Final;
}

bool S3Client::learn_region(const cloud::HttpResponse& response, const S3Error& error) {
  const bool about_region =
      response.status == 301 || response.status == 307 || response.status == 400 || response.status == 403;
  const std::string_view header = response.header("x-amz-bucket-region");
  const std::string told(header.empty() ? std::string_view(error.region) : header);
  if (!about_region || !is_region(told)) return false;
  {
    const std::lock_guard lock(mutex_);
    if (region_ == told) return false;
    region_ = told;
  }
  warn("the bucket is in region " + told + ": write region=" + told +
       " into its URL, which saves a request at each start");
  return true;
}

bool S3Client::set_clock(const cloud::HttpResponse& response) {
  const auto theirs = cloud::parse_http_date(response.header("date"));
  if (!theirs) return false;
  const auto skew = std::chrono::round<std::chrono::seconds>(*theirs - clock_.wall_now());
  if (skew > kSkewMax || skew < -kSkewMax) return false;
  if (skew_seconds_.exchange(skew.count()) != skew.count()) {
    warn("this machine's clock is wrong by " + std::to_string(std::abs(skew.count())) +
         " s, which the service refuses: Peko signs with its time; set the clock (timedatectl set-ntp true)");
  }
  return true;
}

bool S3Client::pause(Tries& tries, std::string_view retry_after) {
  if (tries.attempts >= options_.attempts_max) return false;
  const auto longest = std::min(options_.backoff_max, options_.backoff_first * (1 << std::min(tries.attempts - 1, 16)));
  std::chrono::milliseconds time{};
  {
    const std::lock_guard lock(mutex_);
    time = std::chrono::milliseconds(random_() % (static_cast<std::uint64_t>(longest.count()) + 1));
  }
  unsigned seconds = 0;
  const auto [end, error] = std::from_chars(retry_after.data(), retry_after.data() + retry_after.size(), seconds);
  if (error == std::errc() && end == retry_after.data() + retry_after.size()) {
    time = std::max(time, std::min(options_.retry_after_max, std::chrono::milliseconds(std::chrono::seconds(seconds))));
  }
  if (clock_.now() + time >= tries.deadline) return false;
  if (options_.sleep) {
    options_.sleep(time);
  } else {
    std::this_thread::sleep_for(time);  // tidy: a pause is a length of time
  }
  return true;
}

Error S3Client::explain(const cloud::HttpResponse& response, std::string_view what) const {
  const S3Error error = read_s3_error(response.body);
  const std::string text = location_.shown() + ": " + std::string(what) + ": " + shown_reason(response, error);
  if (error.code == "NoSuchBucket") {
    return {Code::Invalid, text + ": create the bucket, or correct its name or endpoint"};
  }
  if (error.code == "SignatureDoesNotMatch") {
    return {Code::Denied, text + ": the secret access key is wrong, or a proxy changes the requests"};
  }
  if (error.code == "RequestTimeTooSkewed") return {Code::Denied, text + ": set this machine's clock"};
  if (is_one_of(error.code, kStaleCredentials)) {
    return {Code::Denied, text + ": the credentials have expired or are unknown there: renew them"};
  }
  switch (response.status) {
    case 301:
    case 307:
    case 308: return {Code::Invalid, text + ": the bucket is elsewhere: write its region= or endpoint= into the URL"};
    case 401:
    case 403:
      return {Code::Denied, text + ": these credentials may not do that: see the bucket policy in docs/operating.md"};
    case 404: return {Code::NotFound, text + ": it is not there"};
    case 409:
    case 412: return {Code::Conflict, text};
    case 501: return {Code::Invalid, text + ": this server lacks what Peko needs (conditional writes, ListObjectsV2)"};
    default: break;
  }
  const bool refused =
      response.status >= 400 && response.status < 500 && response.status != 429 && !is_one_of(error.code, kPassing);
  return {refused ? Code::Invalid : Code::Unavailable, text};
}

}  // namespace peko::code
