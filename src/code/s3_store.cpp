#include "code/s3_store.hpp"

#include <algorithm>
#include <charconv>
#include <span>
#include <utility>

#include "base/assert.hpp"
#include "base/hash.hpp"
#include "base/random.hpp"
#include "cloud/dates.hpp"
#include "cloud/sigv4.hpp"

namespace peko::code {
namespace {

using cloud::HttpRequest;
using cloud::HttpResponse;

constexpr std::string_view kPutId = "x-amz-meta-peko-put";
// No key of a store: '!' is none of their characters. So no listing shows it.
constexpr std::string_view kProbe = "!conditional-writes";
constexpr std::size_t kPageObjectsMax = 1000;                 // S3's own limit
constexpr std::size_t kPageBytesMax = std::size_t{8} << 20U;  // 1,000 keys of 1 KiB, encoded, and the XML around them
constexpr std::uint64_t kObjectBytesMax = std::uint64_t{5} << 30U;  // S3's limit of one PUT
// Of ranges: servers read these as signed numbers. What begins beyond it is empty, what ends beyond it has no end.
constexpr std::uint64_t kOffsetMax = INT64_MAX;
constexpr std::size_t kPieceBytes = std::size_t{256} << 10U;

const std::string& empty_hash() {
  static const std::string hash = hex(sha256({}));
  return hash;
}

std::string quoted(std::string_view etag) { return "\"" + std::string(etag) + "\""; }

std::string reading(std::string_view key) { return "reading " + std::string(key); }

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return text.empty() || error != std::errc() || end != text.data() + text.size() ? std::nullopt : std::optional(value);
}

/// "bytes 0-99/1234"
struct ContentRange {
  std::uint64_t first = 0;
  std::uint64_t total = 0;
};
std::optional<ContentRange> read_content_range(std::string_view text) {
  if (!text.starts_with("bytes ")) return std::nullopt;
  text.remove_prefix(6);
  const std::size_t dash = text.find('-');
  const std::size_t slash = text.find('/');
  if (dash == text.npos || slash == text.npos) return std::nullopt;
  const auto first = number(text.substr(0, dash));
  const auto total = number(text.substr(slash + 1));
  return first && total ? std::optional(ContentRange{.first = *first, .total = *total}) : std::nullopt;
}

/// Reads all of a source, so that the signature can name its hash.
Result<std::string> hash_of(ByteSource& source) {
  Sha256 hash;
  for (std::uint64_t at = 0; at < source.size();) {
    auto piece = source.read(at, kPieceBytes);
    if (!piece) return fail(std::move(piece.error()));
    if (piece->empty()) return fail(Code::Invalid, "what is to be stored is shorter than it was said to be");
    hash.update(*piece);
    at += piece->size();
  }
  return hex(hash.finish());
}

std::string random_id() {
  Digest bytes{};
  fill_secure(std::as_writable_bytes(std::span(bytes)));
  return hex(bytes).substr(0, 32);
}

bool is_refused_condition(const HttpResponse& response, PutIf::Is is) {
  return response.status == 412 ||
         (response.status == 404 && is == PutIf::Is::Unchanged && read_s3_error(response.body).code != "NoSuchBucket");
}

/// One get(): what has arrived of which object.
struct Download {
  ByteRange range;
  std::optional<ObjectInfo> info;
  std::uint64_t received = 0;

  [[nodiscard]] bool whole() const { return range.first == 0 && range.size == UINT64_MAX; }
  [[nodiscard]] std::uint64_t wanted() const {
    const std::uint64_t beyond = info->size > range.first ? info->size - range.first : 0;
    return std::min(range.size, beyond);
  }
  [[nodiscard]] HttpRequest next(std::string_view unless_etag) const {
    HttpRequest request;
    if (info) {
      request.headers.emplace_back("if-match", quoted(info->etag));
    } else if (!unless_etag.empty()) {
      request.headers.emplace_back("if-none-match", quoted(unless_etag));
    }
    if (whole() && received == 0) return request;
    std::string bytes = "bytes=" + std::to_string(range.first + received) + "-";
    if (range.size < kOffsetMax - range.first) bytes += std::to_string(range.first + range.size - 1);
    request.headers.emplace_back("range", std::move(bytes));
    return request;
  }
};

}  // namespace

Result<std::unique_ptr<S3Store>> S3Store::make(S3Location location, cloud::HttpTransport& transport,
                                               cloud::CredentialsSource& credentials, const Clock& clock,
                                               S3Options options) {
  if (auto checked = location.check(); !checked) return fail(std::move(checked.error()));
  return std::unique_ptr<S3Store>(new S3Store(std::move(location), transport, credentials, clock, std::move(options)));
}

S3Store::S3Store(S3Location location, cloud::HttpTransport& transport, cloud::CredentialsSource& credentials,
                 const Clock& clock, S3Options options)
    : client_(std::move(location), transport, credentials, clock, std::move(options)),
      absent_works_(client_.location().is_aws()),
      unchanged_works_(client_.location().is_aws()) {}

S3Client::Target S3Store::target(std::string_view key) const {
  return {.key = client_.location().full_key(key), .query = {}};
}

Result<ObjectPage> S3Store::list(std::string_view prefix, std::string_view after, std::size_t count) {
  PEKO_ASSERT(count > 0, "a page has room for an object");
  if (auto checked = check_prefix(prefix); !checked) return fail(std::move(checked.error()));
  const std::size_t own = client_.location().full_key("").size();
  ObjectPage page;
  std::string from(after);
  for (;;) {
    auto part = list_page(prefix, from, std::min(count - page.objects.size(), kPageObjectsMax));
    if (!part) return fail(std::move(part.error()));
    for (ObjectInfo& object : part->objects) {
      from = object.key.substr(own);
      // What others have put into the bucket is no object of the store.
      if (!check_key(from)) continue;
      object.key = from;
      page.objects.push_back(std::move(object));
    }
    if (!part->more) return page;
    if (page.objects.size() >= count) break;
  }
  page.next = from;
  return page;
}

Result<S3Listing> S3Store::list_page(std::string_view prefix, std::string_view after, std::size_t count) {
  const S3Location& location = client_.location();
  const std::string full_prefix = location.full_key(prefix);
  const std::string full_after = after.empty() ? "" : location.full_key(after);
  S3Client::Target bucket{.key = {}, .query = "encoding-type=url&list-type=2&max-keys=" + std::to_string(count)};
  if (!full_prefix.empty()) bucket.query += "&prefix=" + cloud::uri_encode(full_prefix, cloud::Slash::Encode);
  if (!full_after.empty()) bucket.query += "&start-after=" + cloud::uri_encode(full_after, cloud::Slash::Encode);
  std::string xml;
  auto response = client_.send(
      bucket, empty_hash(),
      [&] {
        xml.clear();
        return HttpRequest{};
      },
      [&](std::string_view bytes) -> Status {
        if (xml.size() + bytes.size() > kPageBytesMax) {
          return fail(Code::Unavailable, shown() + ": the listing's page has more than 8 MiB");
        }
        xml += bytes;
        return {};
      });
  const std::string what = "listing " + (prefix.empty() ? std::string("it") : std::string(prefix));
  if (!response) return fail(std::move(response.error()));
  if (response->status != 200) {
    Error error = client_.explain(*response, what);
    if (error.code == Code::NotFound) error.code = Code::Invalid;  // the bucket, or all of the service
    return fail(std::move(error));
  }
  auto listing = read_s3_listing(xml, full_prefix, full_after);
  if (!listing) return fail(std::move(listing.error()), shown() + ": " + what);
  return listing;
}

Result<HttpResponse> S3Store::head(std::string_view key) {
  return client_.send(target(key), empty_hash(), [] {
    HttpRequest request;
    request.method = "HEAD";
    return request;
  });
}

Result<ObjectInfo> S3Store::info_of(std::string_view key, const HttpResponse& response) const {
  ObjectInfo info{.key = std::string(key), .size = 0, .modified = {}, .etag = bare_etag(response.header("etag"))};
  const auto size = number(response.header("content-length"));
  const auto range = read_content_range(response.header("content-range"));
  const auto modified = cloud::parse_http_date(response.header("last-modified"));
  const bool partial = response.status == 206;
  if (info.etag.empty() || !modified || (partial ? !range : !size)) {
    return fail(Code::Unavailable,
                shown() + ": " + reading(key) + ": the answer lacks its ETag, Last-Modified or size");
  }
  info.size = partial ? range->total : *size;
  info.modified = *modified;
  return info;
}

Result<ObjectInfo> S3Store::stat(std::string_view key) {
  if (auto checked = check_key(key); !checked) return fail(std::move(checked.error()));
  auto response = head(key);
  if (!response) return fail(std::move(response.error()));
  if (response->status != 200) return fail(client_.explain(*response, reading(key)));
  return info_of(key, *response);
}

Result<std::optional<ObjectInfo>> S3Store::get(std::string_view key, const ByteSink& sink, const ByteRange& range,
                                               std::string_view unless_etag) {
  if (auto checked = check_key(key); !checked) return fail(std::move(checked.error()));
  const auto without_bytes = [&]() -> Result<std::optional<ObjectInfo>> {
    auto info = stat(key);
    if (!info) return fail(std::move(info.error()));
    return info->etag == unless_etag ? std::nullopt : std::optional(std::move(*info));
  };
  if (range.size == 0 || range.first >= kOffsetMax) return without_bytes();
  Download download{.range = range, .info = {}};
  const std::string changed = shown() + ": " + reading(key) + ": it was replaced meanwhile";
  const auto check_head = [&](const HttpResponse& response) -> Status {
    auto info = info_of(key, response);
    if (!info) return fail(std::move(info.error()));
    if (download.info && info->etag != download.info->etag) return fail(Code::Unavailable, changed);
    const auto place = read_content_range(response.header("content-range"));
    const std::uint64_t first = response.status == 206 && place ? place->first : 0;
    if (first != range.first + download.received) {
      return fail(Code::Unavailable, shown() + ": " + reading(key) + ": the server does not heed ranges");
    }
    download.info = std::move(*info);
    return {};
  };
  auto response = client_.send(
      target(key), empty_hash(),
      [&] {
        HttpRequest request = download.next(unless_etag);
        request.head = check_head;
        return request;
      },
      [&](std::string_view bytes) -> Status {
        if (bytes.size() > download.wanted() - download.received) {
          return fail(Code::Unavailable,
                      shown() + ": " + reading(key) + ": the server sends more than it was asked for");
        }
        if (auto taken = sink(bytes); !taken) return taken;
        download.received += bytes.size();
        return {};
      });
  if (!response) return fail(std::move(response.error()));
  const bool started = download.info.has_value();
  if (response->status == 304 && !started) return std::nullopt;
  if (response->status == 416) {
    // Beyond the end; or all had arrived when the connection broke.
    if (!started) return without_bytes();
    if (download.received == download.wanted()) return download.info;
  }
  if (started && (response->status == 412 || response->status == 404)) return fail(Code::Unavailable, changed);
  if (response->status / 100 != 2) return fail(client_.explain(*response, reading(key)));
  if (!started || download.received != download.wanted()) {
    return fail(Code::Unavailable, shown() + ": " + reading(key) + ": the server sends less than it says");
  }
  return download.info;
}

Result<HttpResponse> S3Store::put_once(std::string_view full_key, ByteSource& bytes, const PutIf& condition,
                                       std::string_view put_id) {
  const auto hash = hash_of(bytes);
  if (!hash) return fail(hash.error());
  return client_.send({.key = std::string(full_key), .query = {}}, *hash, [&] {
    HttpRequest request;
    request.method = "PUT";
    request.headers.emplace_back(kPutId, put_id);
    if (condition.is == PutIf::Is::Absent) request.headers.emplace_back("if-none-match", "*");
    if (condition.is == PutIf::Is::Unchanged) request.headers.emplace_back("if-match", quoted(condition.etag));
    request.body_size = bytes.size();
    if (bytes.size() > 0) {
      request.body = [&](std::uint64_t offset, std::size_t bytes_max) { return bytes.read(offset, bytes_max); };
    }
    return request;
  });
}

Result<ObjectInfo> S3Store::put(std::string_view key, ByteSource& bytes, const PutIf& condition) {
  if (auto checked = check_key(key); !checked) return fail(std::move(checked.error()));
  const std::string what = "writing " + std::string(key);
  if (bytes.size() > kObjectBytesMax) {
    return fail(Code::Invalid, shown() + ": " + what + ": an object may have 5 GiB at most");
  }
  if (auto ensured = ensure_conditions(key, condition.is); !ensured) return fail(std::move(ensured.error()));
  const std::string put_id = random_id();
  auto response = put_once(client_.location().full_key(key), bytes, condition, put_id);
  if (!response) return fail(std::move(response.error()));
  if (condition.is != PutIf::Is::Always && is_refused_condition(*response, condition.is)) {
    return settle(key, put_id, *response);
  }
  if (response->status / 100 != 2) return fail(client_.explain(*response, what));
  ObjectInfo info{
      .key = std::string(key), .size = bytes.size(), .modified = {}, .etag = bare_etag(response->header("etag"))};
  const auto now = cloud::parse_http_date(response->header("date"));
  if (info.etag.empty() || !now) return stat(key);
  info.modified = *now;
  return info;
}

Result<ObjectInfo> S3Store::settle(std::string_view key, std::string_view put_id, const HttpResponse& refusal) {
  auto there = head(key);
  if (!there && (there.error().code == Code::Unavailable || there.error().code == Code::Deadline)) {
    return fail(std::move(there.error()), "finding out who wrote " + std::string(key));
  }
  if (there && there->status == 200 && there->header(kPutId) == put_id) return info_of(key, *there);
  return fail(Code::Conflict,
              client_.explain(refusal, "writing " + std::string(key)).message + ": somebody else has changed it");
}

Status S3Store::ensure_conditions(std::string_view key, PutIf::Is is) {
  if (is == PutIf::Is::Always) return {};
  std::atomic<bool>& works = is == PutIf::Is::Absent ? absent_works_ : unchanged_works_;
  if (works.load()) return {};
  const std::string_view folder = key.substr(0, key.find('/') == key.npos ? 0 : key.find('/') + 1);
  const std::string probe = client_.location().full_key(std::string(folder) + std::string(kProbe));
  const PutIf condition = is == PutIf::Is::Absent ? PutIf::absent() : PutIf::unchanged("never");
  auto heeded = condition_is_heeded(probe, condition);
  // The first one may have made the object; to the second it is there.
  if (heeded && !*heeded && is == PutIf::Is::Absent) heeded = condition_is_heeded(probe, condition);
  if (!heeded) return fail(std::move(heeded.error()));
  if (!*heeded) {
    return fail(Code::Invalid, shown() + ": this server takes conditional writes (" +
                                   (is == PutIf::Is::Absent ? "If-None-Match" : "If-Match") +
                                   ") and does not heed them, so that two who deploy at once could lose one another's "
                                   "work: use a server that does, or a newer version of it");
  }
  works.store(true);
  return {};
}

Result<bool> S3Store::condition_is_heeded(std::string_view probe_key, const PutIf& condition) {
  TextSource text("Peko tries out here whether this server heeds conditions of writes. It may be removed.\n");
  auto response = put_once(probe_key, text, condition, random_id());
  if (!response) return fail(std::move(response.error()));
  if (is_refused_condition(*response, condition.is)) return true;
  if (response->status / 100 == 2) return false;
  return fail(client_.explain(*response, "writing " + std::string(probe_key)));
}

Status S3Store::remove(std::string_view key) {
  if (auto checked = check_key(key); !checked) return fail(std::move(checked.error()));
  auto response = client_.send(target(key), empty_hash(), [] {
    HttpRequest request;
    request.method = "DELETE";
    return request;
  });
  if (!response) return fail(std::move(response.error()));
  if (response->status / 100 == 2) return {};
  if (response->status == 404 && read_s3_error(response->body).code != "NoSuchBucket") return {};
  return fail(client_.explain(*response, "removing " + std::string(key)));
}

}  // namespace peko::code
