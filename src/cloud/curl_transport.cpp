#include "cloud/curl_transport.hpp"

#include <curl/curl.h>
#include <pthread.h>

#include <algorithm>
#include <csignal>
#include <utility>

#include "cloud/curl_transfer.hpp"

namespace peko::cloud {
namespace {

// Connections that are kept for later requests: a node talks to one store and one metadata service.
constexpr long kIdleConnectionsMax = 16;
constexpr int kIdleMs = 60'000;

}  // namespace

Result<std::unique_ptr<CurlTransport>> CurlTransport::start(CurlOptions options) {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  CURLM* const multi = initialised == CURLE_OK ? curl_multi_init() : nullptr;
  if (!multi) return fail(Code::Unavailable, "libcurl does not start");
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, kIdleConnectionsMax);
  return std::unique_ptr<CurlTransport>(new CurlTransport(std::move(options), multi));
}

CurlTransport::CurlTransport(CurlOptions options, void* multi)
    : options_(std::move(options)), multi_(multi), thread_([this] { run(); }) {}

CurlTransport::~CurlTransport() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    curl_multi_wakeup(multi_);
  }
  thread_.join();
  curl_multi_cleanup(multi_);
}

Result<HttpResponse> CurlTransport::send(const HttpRequest& request, const BodyWriter& sink) {
  auto transfer = CurlTransfer::make(request, sink, options_);
  if (!transfer) return fail(std::move(transfer.error()));
  {
    const std::lock_guard lock(mutex_);
    ++senders_;
  }
  nudge(*transfer);
  auto response = (*transfer)->wait([&] { nudge(*transfer); });
  const std::lock_guard lock(mutex_);
  if (--senders_ == 0 && stopping_) curl_multi_wakeup(multi_);
  return response;
}

void CurlTransport::nudge(std::shared_ptr<CurlTransfer> transfer) {
  const std::lock_guard lock(mutex_);
  inbox_.push_back(std::move(transfer));
  curl_multi_wakeup(multi_);
}

void CurlTransport::run() {
  pthread_setname_np(pthread_self(), "peko-http");
  // OpenSSL writes to sockets whose other end may be gone.
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
  while (take_inbox()) {
    int running = 0;
    curl_multi_perform(multi_, &running);
    finish_done();
    const int pause_ms = finish_overdue();
    curl_multi_poll(multi_, nullptr, 0, pause_ms, nullptr);
  }
}

bool CurlTransport::take_inbox() {
  std::vector<std::shared_ptr<CurlTransfer>> inbox;
  bool stopping = false;
  {
    const std::lock_guard lock(mutex_);
    inbox = std::exchange(inbox_, {});
    stopping = stopping_;
    if (stopping && senders_ == 0) return false;
  }
  for (auto& transfer : inbox) {
    if (std::ranges::find(active_, transfer) != active_.end()) {
      transfer->resume();
    } else if (transfer->begin(CurlTransfer::Clock::now())) {
      curl_multi_add_handle(multi_, transfer->handle());
      active_.push_back(std::move(transfer));
    }
  }
  if (!stopping) return true;
  for (const auto& transfer : active_) {
    curl_multi_remove_handle(multi_, transfer->handle());
    transfer->finish(CURLE_OK, Error{Code::Unavailable, "Peko is stopping"});
  }
  active_.clear();
  return true;
}

void CurlTransport::finish_done() {
  int left = 0;
  while (const CURLMsg* const message = curl_multi_info_read(multi_, &left)) {
    if (message->msg == CURLMSG_DONE) finish(message->easy_handle, message->data.result);
  }
}

void CurlTransport::finish(void* handle, int curl_code) {
  const auto found = std::ranges::find(active_, handle, [](const auto& transfer) { return transfer->handle(); });
  const std::shared_ptr<CurlTransfer> transfer = std::move(*found);
  active_.erase(found);
  curl_multi_remove_handle(multi_, handle);
  transfer->finish(curl_code, std::nullopt);
}

int CurlTransport::finish_overdue() {
  const auto now = CurlTransfer::Clock::now();
  std::erase_if(active_, [&](const std::shared_ptr<CurlTransfer>& transfer) {
    auto reason = transfer->reason_to_end(now);
    if (!reason) return false;
    curl_multi_remove_handle(multi_, transfer->handle());
    transfer->finish(CURLE_OK, std::move(reason));
    return true;
  });
  auto look = now + std::chrono::milliseconds(kIdleMs);
  for (const auto& transfer : active_) look = std::min(look, transfer->look_again(now));
  return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(look - now).count());
}

}  // namespace peko::cloud
