/// OutboundExchange: one request that a guest has sent, between the bridge and the HTTP client.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/error_code.hpp"
#include "engine/origin.hpp"
#include "engine/outbound_grant.hpp"
#include "engine/outbound_head.hpp"
#include "http/client.hpp"
#include "net/deadline.hpp"
#include "net/event.hpp"

struct peko_loop;

namespace peko::engine {

/// Lives on one loop. Whoever holds it calls turn() whenever progress() is set, until over(): bytes of the request go
/// from the guest to the client while that is writable, bytes of the response to the guest while fewer than kHighWater
/// wait for it. Destroying it gives the request up.
class OutboundExchange final : private net::Deadline {
 public:
  static constexpr std::size_t kHighWater =
      128 * 1024;  ///< bytes of a response queued to the guest before it must read
  /// A GET or HEAD is held back so long until it is known that it has no body: chunked ones irritate servers.
  static constexpr std::chrono::milliseconds kBodyGrace{50};

  /// `grant` has been entered, and is left by the destructor. `loop` and `client` outlive it.
  OutboundExchange(peko_loop* bridge, net::Loop& loop, http::Client& client, OutboundHead head, OutboundTarget target,
                   std::shared_ptr<OutboundGrant> grant);
  ~OutboundExchange() override;

  net::Event& progress() { return progress_; }
  void turn();
  [[nodiscard]] bool over() const { return over_; }
  /// Why there was no (whole) response, if so.
  [[nodiscard]] std::optional<ErrorCode> error() const { return error_; }

  [[nodiscard]] const OutboundHead& head() const { return head_; }
  [[nodiscard]] const Origin& origin() const { return target_.origin; }

  /// The guest has room for more of the response.
  void want() {
    wants_ = true;
    progress_.set();
  }
  /// The guest does not wait any more.
  void cancel() {
    over_ = true;
    progress_.set();
  }

 private:
  void expired() override;

  /// Starts the client's exchange once enough is known of the request's body.
  void start();
  std::optional<std::uint64_t> announced_length() const;
  /// The next piece of the request's body into `chunk`; false when there is none now, or never.
  bool next_piece(http::Chunk& chunk);
  void take_trailers();
  void move_request();
  void move_response();
  bool answer();
  void end_response();
  void fail(ErrorCode error);

  peko_loop* bridge_;
  net::Loop& loop_;
  http::Client& client_;
  OutboundHead head_;
  OutboundTarget target_;
  std::shared_ptr<OutboundGrant> grant_;
  net::Event progress_;
  std::unique_ptr<http::ClientExchange> exchange_;
  http::Chunk first_;                                          // read before the exchange began
  bool first_waits_ = false;                                   // first_ has yet to be written
  std::vector<std::pair<std::string, std::string>> trailers_;  // of the request
  bool body_ended_ = false;                                    // by the guest
  bool body_finished_ = false;                                 // and the client has been told
  bool grace_over_ = false;
  bool answered_ = false;  // the guest has its head
  bool wants_ = true;
  bool over_ = false;
  std::optional<ErrorCode> error_;
};

}  // namespace peko::engine
