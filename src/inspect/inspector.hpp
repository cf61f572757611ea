/// Inspector: the part of the admin listener that tells what functions did: requests, what they printed, where they
/// failed.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "http/exchange.hpp"
#include "inspect/gathering.hpp"
#include "inspect/log_stream.hpp"
#include "inspect/reply.hpp"
#include "inspect/trap_history.hpp"
#include "net/loop.hpp"

namespace peko::inspect {

/// An exchange that waits for what loops answer. Lives on the loop of the exchange.
class PendingAnswer {
 public:
  explicit PendingAnswer(http::Exchange& exchange) : exchange_(&exchange) {}
  ~PendingAnswer() { abort(); }
  PendingAnswer(const PendingAnswer&) = delete;
  PendingAnswer& operator=(const PendingAnswer&) = delete;

  [[nodiscard]] bool answered() const { return exchange_ == nullptr; }
  void answer(Reply reply) { send(*std::exchange(exchange_, nullptr), std::move(reply)); }

 private:
  friend class Inspector;
  void abort() {
    if (exchange_ != nullptr) std::exchange(exchange_, nullptr)->abort();
  }

  http::Exchange* exchange_;  // null: answered
  std::shared_ptr<void> question_;
};

/// What a node can be asked.
struct Sources {
  Loops& loops;
  const TrapHistory& traps;
};

/// Lives on the admin loop.
class Inspector {
 public:
  /// Followers of logs at once: each costs every loop some looks a second.
  static constexpr std::size_t kFollowersMax = 16;

  /// Both outlive it.
  Inspector(net::Loop& home, const Clock& clock) : home_(home), clock_(clock) {}

  /// Whether it answers requests for this path.
  static bool knows(std::string_view path);
  /// Answers a GET for such a path, now or later. `sources` outlives the answer.
  void handle(http::Exchange& exchange, const Sources& sources);

  /// Answers later with what `make` makes of what `ask` finds out at each loop; see Gathering.
  template <typename Part>
  void answer_by(http::Exchange& exchange, Loops& loops, const typename Gathering<Part>::Ask& ask,
                 std::function<Reply(std::vector<std::optional<Part>>)> make) {
    std::erase_if(pending_, [](const auto& each) { return each->answered(); });
    PendingAnswer* const answer = pending_.emplace_back(std::make_unique<PendingAnswer>(exchange)).get();
    answer->question_ = Gathering<Part>::begin(
        home_, loops, ask, [answer, make = std::move(make)](std::vector<std::optional<Part>> parts) {
          answer->answer(make(std::move(parts)));
        });
  }

  /// Ends what waits and what follows.
  void stop();

 private:
  void list_requests(http::Exchange& exchange, const Sources& sources);
  void show_request(http::Exchange& exchange, const Sources& sources, std::string id);
  void stream_log(http::Exchange& exchange, const Sources& sources);

  net::Loop& home_;
  const Clock& clock_;
  std::vector<std::unique_ptr<PendingAnswer>> pending_;  // as many as connections at the most
  std::vector<std::unique_ptr<LogStream>> streams_;
};

}  // namespace peko::inspect
