/// CurlTransport: requests to stores and clouds through libcurl.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "cloud/http_transport.hpp"

namespace peko::cloud {

class CurlTransfer;

struct CurlOptions {
  std::string ca_file;  ///< certificates (PEM) that are trusted besides the system's; empty: none
};

/// One thread, "peko-http", drives all transfers and keeps their connections for the next ones; whoever sends waits
/// meanwhile, reads its own body and takes the answer's, so a slow caller slows its own transfer down and no other.
///
/// HTTP/1.1. The proxies of `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy` are used as curl does; no other
/// file or variable changes anything. A request may reach the server twice when a connection that was kept turns out to
/// be dead. Shared by threads.
class CurlTransport final : public HttpTransport {
 public:
  /// Unavailable: libcurl or the machine has no room for it.
  static Result<std::unique_ptr<CurlTransport>> start(CurlOptions options = {});
  /// Ends what is under way with Unavailable, and waits until every send() has returned. None may begin meanwhile.
  ~CurlTransport() override;
  CurlTransport(const CurlTransport&) = delete;
  CurlTransport& operator=(const CurlTransport&) = delete;

  Result<HttpResponse> send(const HttpRequest& request, const BodyWriter& sink = {}) override;

 private:
  CurlTransport(CurlOptions options, void* multi);

  /// Has the thread look at a transfer: a new one, one whose caller made progress, or one that its caller gave up.
  void nudge(std::shared_ptr<CurlTransfer> transfer);
  void run();
  /// False when the thread shall end: nobody waits for it any more.
  bool take_inbox();
  void finish_done();
  /// Ends those whose time is over. How long the others may go on without a look, in milliseconds.
  int finish_overdue();
  void finish(void* handle, int curl_code);

  const CurlOptions options_;
  void* const multi_;  ///< CURLM; of the thread, but for curl_multi_wakeup()

  std::mutex mutex_;  ///< guards what follows
  std::vector<std::shared_ptr<CurlTransfer>> inbox_;
  std::size_t senders_ = 0;
  bool stopping_ = false;

  std::vector<std::shared_ptr<CurlTransfer>> active_;  ///< of the thread; shared with the callers that wait for them
  std::thread thread_;                                 ///< last: it uses all of the above
};

}  // namespace peko::cloud
