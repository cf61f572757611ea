#include "node/webhook.hpp"

#include <curl/curl.h>

#include <memory>
#include <utility>

namespace peko::node {
namespace {

constexpr long kConnectSeconds = 5;
constexpr long kPostSeconds = 10;
// Of the answer, which nobody reads.
constexpr std::size_t kAnswerBytesMax = 64U << 10U;

struct Post {
  const std::atomic<bool>* stop;
  std::size_t answer_bytes = 0;
};

std::size_t discard(const char* /*bytes*/, std::size_t size, std::size_t count, void* post) {
  std::size_t& answer_bytes = static_cast<Post*>(post)->answer_bytes;
  answer_bytes += size * count;
  return answer_bytes <= kAnswerBytesMax ? size * count : CURL_WRITEFUNC_ERROR;
}

int keep_going(void* post, curl_off_t /*down*/, curl_off_t /*down_now*/, curl_off_t /*up*/, curl_off_t /*up_now*/) {
  return static_cast<Post*>(post)->stop->load() ? 1 : 0;
}

Status judge(CURLcode code, long status) {
  if (status >= 200 && status < 300) return {};
  // The texts of libcurl's codes name no host; its error buffer would.
  if (status == 0) return fail(Code::Unavailable, curl_easy_strerror(code));
  // 408 and 429 ask for another try, 5xx is the receiver's trouble.
  const bool later = status == 408 || status == 429 || status >= 500;
  return fail(later ? Code::Unavailable : Code::Denied, "it answered with status " + std::to_string(status));
}

}  // namespace

Webhook::Webhook(std::string url, const std::atomic<bool>& stop) : url_(std::move(url)), stop_(stop) {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  static_cast<void>(initialised);
}

Status Webhook::post(std::string_view json) {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), curl_easy_cleanup);
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> fields(
      curl_slist_append(nullptr, "content-type: application/json"), curl_slist_free_all);
  if (!curl || !fields) return fail(Code::Unavailable, "libcurl is out of memory");
  Post state{.stop = &stop_};
  CURL* const handle = curl.get();
  curl_easy_setopt(handle, CURLOPT_URL, url_.c_str());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(json.size()));
  curl_easy_setopt(handle, CURLOPT_POSTFIELDS, json.data());
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, fields.get());
  curl_easy_setopt(handle, CURLOPT_USERAGENT, "peko");
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  curl_easy_setopt(handle, CURLOPT_TIMEOUT, kPostSeconds);
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_QUICK_EXIT, 1L);  // does not wait for a resolver that hangs
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, discard);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &state);
  curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, keep_going);
  curl_easy_setopt(handle, CURLOPT_XFERINFODATA, &state);
  const CURLcode code = curl_easy_perform(handle);
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  return judge(code, status);
}

}  // namespace peko::node
