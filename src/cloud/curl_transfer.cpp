#include "cloud/curl_transfer.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/text.hpp"
#include "net/socket.hpp"

namespace peko::cloud {
namespace {

// What waits between the two threads, for each direction; also what libcurl hands over at most at once.
constexpr std::size_t kPieceBytes = std::size_t{256} << 10U;
// Of all heads of one answer, the interim ones (1xx) and trailers included. S3's have some 500 bytes.
constexpr std::size_t kHeaderBytesMax = std::size_t{64} << 10U;
constexpr std::size_t kBodyBytesMax = std::size_t{1} << 20U;
// How often a socket's queue is looked at, which tells a slow upload from one that stands still.
constexpr std::chrono::milliseconds kQueueLook{500};
// Debian's folder of trusted certificates; `ca_file` comes in addition to it.
constexpr const char* kSystemRoots = "/etc/ssl/certs";

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

bool is_clean(std::string_view text) { return text.find_first_of(std::string_view("\r\n\0", 3)) == text.npos; }

std::string seconds(std::chrono::milliseconds time) {
  return std::to_string(std::chrono::duration<double>(time).count()).substr(0, 5) + " s";
}

/// "https://host:port", for messages: what follows it may be a secret.
std::string shown_origin(std::string_view url) {
  const std::size_t host = url.find("://");
  return std::string(host == url.npos ? url : url.substr(0, url.find_first_of("/?#", host + 3)));
}

Status check_url(const std::string& url) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parsed(curl_url(), curl_url_cleanup);
  if (!parsed) return fail(Code::Unavailable, "libcurl is out of memory");
  char* part = nullptr;
  if (!is_clean(url) || curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK ||
      curl_url_get(parsed.get(), CURLUPART_SCHEME, &part, 0) != CURLUE_OK) {
    return fail(Code::Invalid, shown_origin(url) + " is no URL");
  }
  const std::string scheme = lower(part);
  curl_free(part);
  if (scheme != "http" && scheme != "https") {
    return fail(Code::Invalid, shown_origin(url) + ": only http:// and https:// are spoken");
  }
  return {};
}

}  // namespace

std::string_view HttpResponse::header(std::string_view name) const {
  const auto found = std::ranges::find(headers, name, &std::pair<std::string, std::string>::first);
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

CurlTransfer::CurlTransfer(const HttpRequest& request, const BodyWriter& sink)
    : request_(request), sink_(sink), error_text_(std::make_unique<char[]>(CURL_ERROR_SIZE)) {}

CurlTransfer::~CurlTransfer() {
  curl_easy_cleanup(curl_);
  curl_slist_free_all(static_cast<curl_slist*>(headers_));
}

Result<std::shared_ptr<CurlTransfer>> CurlTransfer::make(const HttpRequest& request, const BodyWriter& sink,
                                                         const CurlOptions& options) {
  if (auto checked = check_url(request.url); !checked) return fail(std::move(checked.error()));
  std::shared_ptr<CurlTransfer> transfer(new CurlTransfer(request, sink));
  if (auto prepared = transfer->prepare(options); !prepared) return fail(std::move(prepared.error()));
  return transfer;
}

bool CurlTransfer::sends_body() const { return request_.body || request_.method == "PUT" || request_.method == "POST"; }

Status CurlTransfer::add_headers() {
  // libcurl adds these by itself unless they are named without a value.
  Headers all = {{"accept", ""}, {"content-type", ""}};
  for (const auto& [name, value] : request_.headers) {
    if (name.empty() || !is_clean(name) || !is_clean(value)) {
      return fail(Code::Invalid, "a header with a line end in it: " + name);
    }
    std::erase_if(all, [&](const auto& field) { return field.second.empty() && field.first == lower(name); });
    all.emplace_back(name, value.empty() ? ";" : value);
  }
  for (const auto& [name, value] : all) {
    // "name;" is a header with an empty value.
    std::string line = name;
    line.append(value == ";" ? "" : ": ").append(value);
    curl_slist* const longer = curl_slist_append(static_cast<curl_slist*>(headers_), line.c_str());
    if (!longer) return fail(Code::Unavailable, "libcurl is out of memory");
    headers_ = longer;
  }
  return {};
}

Status CurlTransfer::prepare(const CurlOptions& options) {
  curl_ = curl_easy_init();
  if (!curl_) return fail(Code::Unavailable, "libcurl is out of memory");
  if (auto added = add_headers(); !added) return added;
  curl_easy_setopt(curl_, CURLOPT_PRIVATE, this);
  curl_easy_setopt(curl_, CURLOPT_ERRORBUFFER, error_text_.get());
  curl_easy_setopt(curl_, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl_, CURLOPT_QUICK_EXIT, 1L);  // does not wait for a resolver that hangs
  curl_easy_setopt(curl_, CURLOPT_URL, request_.url.c_str());
  curl_easy_setopt(curl_, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(curl_, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl_, CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
  curl_easy_setopt(curl_, CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
  if (request_.proxy == Proxy::Never) curl_easy_setopt(curl_, CURLOPT_NOPROXY, "*");
  if (!options.ca_file.empty()) {
    curl_easy_setopt(curl_, CURLOPT_CAPATH, kSystemRoots);
    curl_easy_setopt(curl_, CURLOPT_CAINFO, options.ca_file.c_str());
  }
  curl_easy_setopt(curl_, CURLOPT_USERAGENT, "peko");
  curl_easy_setopt(curl_, CURLOPT_HTTPHEADER, headers_);
  curl_easy_setopt(curl_, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request_.connect_timeout.count()));
  curl_easy_setopt(curl_, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(curl_, CURLOPT_BUFFERSIZE, static_cast<long>(kPieceBytes));
  curl_easy_setopt(curl_, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(curl_, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(curl_, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(curl_, CURLOPT_WRITEDATA, this);
  if (sends_body()) {
    curl_easy_setopt(curl_, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl_, CURLOPT_UPLOAD_BUFFERSIZE, static_cast<long>(kPieceBytes));
    curl_easy_setopt(curl_, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request_.body ? request_.body_size : 0));
    curl_easy_setopt(curl_, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(curl_, CURLOPT_READDATA, this);
    curl_easy_setopt(curl_, CURLOPT_SEEKFUNCTION, on_seek);
    curl_easy_setopt(curl_, CURLOPT_SEEKDATA, this);
  } else if (request_.method == "HEAD") {
    curl_easy_setopt(curl_, CURLOPT_NOBODY, 1L);
  }
  curl_easy_setopt(curl_, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  return {};
}

Result<HttpResponse> CurlTransfer::wait(const Nudge& nudge) {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return over_ || (!given_up_ && (!down_.empty() || up_empty_)); });
    if (!given_up_ && !down_.empty()) {
      const std::string piece = std::exchange(down_, {});
      lock.unlock();
      auto taken = hand_down(piece);
      lock.lock();
      if (!taken) given_up_ = std::move(taken.error());
      if (taken && !std::exchange(down_full_, false)) continue;
    } else if (over_) {
      break;
    } else {
      const std::uint64_t offset = up_at_;
      lock.unlock();
      auto piece = fetch_up(offset);
      lock.lock();
      if (!piece) {
        given_up_ = std::move(piece.error());
      } else if (up_at_ == offset) {  // else libcurl has rewound meanwhile
        up_.assign(*piece);
        up_empty_ = false;
      }
    }
    lock.unlock();
    nudge();
    lock.lock();
  }
  lock.unlock();
  if (given_up_) return fail(std::move(*given_up_));
  if (!*over_) return fail(std::move(over_->error()));
  if (auto taken = hand_down({}); !taken) return fail(std::move(taken.error()));
  return std::move(response_);
}

/// An empty piece only has the head looked at.
Status CurlTransfer::hand_down(std::string_view piece) {
  if (!sink_ || response_.status / 100 != 2) return {};
  if (!std::exchange(accepted_, true) && request_.head) {
    if (auto accepted = request_.head(response_); !accepted) return accepted;
  }
  return piece.empty() ? Status() : sink_(piece);
}

Result<std::string_view> CurlTransfer::fetch_up(std::uint64_t offset) const {
  const std::size_t wanted = std::min<std::uint64_t>(kPieceBytes, request_.body_size - offset);
  auto piece = request_.body(offset, wanted);
  if (piece && piece->empty()) return fail(Code::Invalid, "what was to be sent is shorter than it was said to be");
  return piece ? Result<std::string_view>(piece->substr(0, wanted)) : std::move(piece);
}

bool CurlTransfer::begin(Clock::time_point now) {
  started_ = moved_ = now;
  return !std::exchange(begun_, true);
}

void CurlTransfer::resume() {
  moved_ = Clock::now();
  curl_easy_pause(curl_, CURLPAUSE_CONT);
}

/// Bytes that leave the socket's queue are progress too: of a large one, libcurl hears nothing for long.
bool CurlTransfer::peer_takes() {
  curl_socket_t socket = CURL_SOCKET_BAD;
  if (curl_easy_getinfo(curl_, CURLINFO_ACTIVESOCKET, &socket) != CURLE_OK || socket == CURL_SOCKET_BAD) return false;
  const std::size_t untaken = net::untaken(socket);
  return std::exchange(untaken_, untaken) != untaken;
}

std::optional<Error> CurlTransfer::reason_to_end(Clock::time_point now) {
  {
    const std::lock_guard lock(mutex_);
    if (given_up_) return given_up_;
    if (down_full_ || up_empty_) moved_ = now;  // waits for the caller, not for the other side
  }
  if (sends_body() && peer_takes()) moved_ = now;
  if (now >= started_ + request_.total_timeout) {
    return Error{Code::Deadline,
                 shown_origin(request_.url) + " did not finish within " + seconds(request_.total_timeout)};
  }
  if (now >= moved_ + request_.stall_timeout) {
    return Error{Code::Deadline, shown_origin(request_.url) + " did nothing for " + seconds(request_.stall_timeout)};
  }
  return std::nullopt;
}

CurlTransfer::Clock::time_point CurlTransfer::look_again(Clock::time_point now) const {
  const auto due = std::min(started_ + request_.total_timeout, moved_ + request_.stall_timeout);
  return sends_body() ? std::min(due, now + kQueueLook) : due;
}

Error CurlTransfer::explain(int curl_code) const {
  const std::string origin = shown_origin(request_.url);
  const std::string text = error_text_[0] != '\0' ? std::string(trim(error_text_.get()))
                                                  : curl_easy_strerror(static_cast<CURLcode>(curl_code));
  switch (curl_code) {
    case CURLE_PEER_FAILED_VERIFICATION: return {Code::Denied, origin + ": its certificate is not trusted: " + text};
    case CURLE_SSL_CACERT_BADFILE:
      return {Code::Denied, origin + ": the file of trusted certificates cannot be read: " + text};
    case CURLE_OPERATION_TIMEDOUT: return {Code::Deadline, origin + " does not answer: " + text};
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT: return {Code::Unavailable, origin + " cannot be reached: " + text};
    default: return {Code::Unavailable, origin + " broke off: " + text};
  }
}

void CurlTransfer::finish(int curl_code, std::optional<Error> ended) {
  const std::lock_guard lock(mutex_);
  if (ended) {
    over_.emplace(fail(std::move(*ended)));
  } else if (too_much_) {
    over_.emplace(fail(std::move(*too_much_)));
  } else if (curl_code != CURLE_OK) {
    over_.emplace(fail(explain(curl_code)));
  } else if (!head_ended_) {  // which is none of libcurl's errors
    over_.emplace(fail(Code::Unavailable, shown_origin(request_.url) + " broke off: its head has no end"));
  } else {
    over_.emplace();
  }
  changed_.notify_all();
}

std::size_t CurlTransfer::take_header(std::string_view line) {
  moved_ = Clock::now();
  header_bytes_ += line.size();
  if (header_bytes_ > kHeaderBytesMax) {
    too_much_ = {Code::Unavailable, shown_origin(request_.url) + " answers with a head of more than 64 KiB"};
    return 0;
  }
  if (body_began_) return line.size();  // a trailer
  head_ended_ = trim(line).empty();
  const std::lock_guard lock(mutex_);
  if (line.starts_with("HTTP/")) {
    response_ = {};
    long status = 0;
    curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status);
    response_.status = static_cast<unsigned>(status);
  } else if (const std::size_t colon = line.find(':'); colon != line.npos) {
    response_.headers.emplace_back(lower(line.substr(0, colon)), trim(line.substr(colon + 1)));
  }
  return line.size();
}

std::size_t CurlTransfer::take_body(std::string_view bytes) {
  moved_ = Clock::now();
  body_began_ = true;
  const std::lock_guard lock(mutex_);
  if (sink_ && response_.status / 100 == 2) {
    if (!down_.empty() && down_.size() + bytes.size() > kPieceBytes) {
      down_full_ = true;
      return CURL_WRITEFUNC_PAUSE;
    }
    down_.append(bytes);
    changed_.notify_all();
    return bytes.size();
  }
  if (response_.body.size() + bytes.size() > kBodyBytesMax) {
    too_much_ = {Code::Unavailable, shown_origin(request_.url) + " answers with more than 1 MiB"};
    return CURL_WRITEFUNC_ERROR;
  }
  response_.body.append(bytes);
  return bytes.size();
}

std::size_t CurlTransfer::give_body(char* out, std::size_t size) {
  moved_ = Clock::now();
  const std::lock_guard lock(mutex_);
  if (!request_.body || (up_.empty() && up_at_ == request_.body_size)) return 0;
  if (up_.empty()) {
    up_empty_ = true;
    changed_.notify_all();
    return CURL_READFUNC_PAUSE;
  }
  const std::size_t given = std::min(size, up_.size());
  std::memcpy(out, up_.data(), given);
  up_.erase(0, given);
  up_at_ += given;
  return given;
}

void CurlTransfer::rewind(std::uint64_t offset) {
  const std::lock_guard lock(mutex_);
  up_.clear();
  up_at_ = offset;
}

std::size_t CurlTransfer::on_header(char* bytes, std::size_t size, std::size_t count, void* self) {
  return static_cast<CurlTransfer*>(self)->take_header({bytes, size * count});
}

std::size_t CurlTransfer::on_body(char* bytes, std::size_t size, std::size_t count, void* self) {
  return static_cast<CurlTransfer*>(self)->take_body({bytes, size * count});
}

std::size_t CurlTransfer::on_read(char* out, std::size_t size, std::size_t count, void* self) {
  return static_cast<CurlTransfer*>(self)->give_body(out, size * count);
}

int CurlTransfer::on_seek(void* self, std::int64_t offset, int origin) {
  if (origin != SEEK_SET || offset < 0) return CURL_SEEKFUNC_CANTSEEK;
  static_cast<CurlTransfer*>(self)->rewind(static_cast<std::uint64_t>(offset));
  return CURL_SEEKFUNC_OK;
}

}  // namespace peko::cloud
