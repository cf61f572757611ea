/// CurlTransfer: one request on its way through CurlTransport, between the caller's thread and peko-http.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "cloud/curl_transport.hpp"

namespace peko::cloud {

/// The caller makes it and waits; peko-http drives it. At most 256 KiB of each body wait between the two.
class CurlTransfer {
 public:
  using Clock = std::chrono::steady_clock;
  /// What wait() calls, without a lock, when peko-http has to go on.
  using Nudge = std::function<void()>;

  /// `request` and `sink` outlive it. Invalid: the URL, a header; Unavailable: no memory.
  static Result<std::shared_ptr<CurlTransfer>> make(const HttpRequest& request, const BodyWriter& sink,
                                                    const CurlOptions& options);
  ~CurlTransfer();
  CurlTransfer(const CurlTransfer&) = delete;
  CurlTransfer& operator=(const CurlTransfer&) = delete;

  /// Caller: moves both bodies until it is over.
  Result<HttpResponse> wait(const Nudge& nudge);

  // All that follows is for peko-http.

  [[nodiscard]] void* handle() const { return curl_; }
  /// From here on its deadlines count. False when it has begun before, and is over by now.
  bool begin(Clock::time_point now);
  /// The caller has made progress: goes on where it had paused.
  void resume();
  /// What ends it before libcurl does: the caller gave it up, its time is over.
  [[nodiscard]] std::optional<Error> reason_to_end(Clock::time_point now);
  /// When reason_to_end() is to be asked at the latest.
  [[nodiscard]] Clock::time_point look_again(Clock::time_point now) const;
  /// It is over; the handle is with no multi handle any more. `ended` instead of what libcurl says.
  void finish(int curl_code, std::optional<Error> ended);

 private:
  CurlTransfer(const HttpRequest& request, const BodyWriter& sink);

  Status prepare(const CurlOptions& options);
  Status add_headers();
  [[nodiscard]] bool sends_body() const;
  [[nodiscard]] Error explain(int curl_code) const;
  [[nodiscard]] bool peer_takes();

  std::size_t take_header(std::string_view line);
  std::size_t take_body(std::string_view bytes);
  std::size_t give_body(char* out, std::size_t size);
  void rewind(std::uint64_t offset);
  static std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* self);
  static std::size_t on_read(char* out, std::size_t size, std::size_t count, void* self);
  static int on_seek(void* self, std::int64_t offset, int origin);

  Status hand_down(std::string_view piece);
  Result<std::string_view> fetch_up(std::uint64_t offset) const;

  const HttpRequest& request_;
  const BodyWriter& sink_;
  void* curl_ = nullptr;     ///< CURL
  void* headers_ = nullptr;  ///< curl_slist
  std::unique_ptr<char[]> error_text_;
  bool accepted_ = false;  ///< of the caller: it has seen the head

  // Of peko-http.
  bool begun_ = false;
  Clock::time_point started_;
  Clock::time_point moved_;
  std::size_t header_bytes_ = 0;
  bool head_ended_ = false;  ///< of the last head that began
  bool body_began_ = false;
  std::size_t untaken_ = 0;  ///< what the other side had not acknowledged at the last look
  std::optional<Error> too_much_;

  std::mutex mutex_;  ///< guards what follows; held by neither side while it calls out
  std::condition_variable changed_;
  HttpResponse response_;  ///< its head stays as it is once `down_` was not empty
  std::string down_;
  bool down_full_ = false;
  std::string up_;
  std::uint64_t up_at_ = 0;  ///< where in the request's body `up_` begins
  bool up_empty_ = false;
  std::optional<Error> given_up_;
  std::optional<Status> over_;
};

}  // namespace peko::cloud
