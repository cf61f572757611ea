/// LogStream: one GET /api/logs: what was, and with follow=1 what happens from then on, a JSON object a line.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "edge/history.hpp"
#include "http/exchange.hpp"
#include "inspect/events.hpp"
#include "inspect/gathering.hpp"
#include "inspect/trap_history.hpp"
#include "net/deadline.hpp"

namespace peko::inspect {

enum class Follow : std::uint8_t { No, Yes };

struct LogQuery {
  edge::RequestFilter filter;
  Follow follow = Follow::No;
};

/// What a query wants: function, errors, since (seconds ago), limit, follow. Invalid.
Result<LogQuery> log_query(std::string_view query, std::chrono::system_clock::time_point now);

/// Lives on the admin loop. Looks at the histories of the loops some times a second, and only where something has
/// changed: a history is all that waits for a slow reader, who loses what has gone from it and is told how much.
class LogStream final : private net::Deadline {
 public:
  static constexpr std::chrono::milliseconds kInterval{100};
  /// Something is sent as often as this, so that whoever reads knows that the node is there.
  static constexpr std::chrono::seconds kHeartbeat{5};
  /// Of each kind and loop at a time.
  static constexpr std::size_t kPiece = 200;

  /// All outlive it. `exchange` is its own from here on.
  static std::unique_ptr<LogStream> begin(http::Exchange& exchange, net::Loop& home, Loops& loops,
                                          const TrapHistory& traps, LogQuery query);
  ~LogStream() override;

  /// Nobody reads it any more.
  [[nodiscard]] bool over() const { return exchange_ == nullptr || exchange_->gone(); }
  /// The node stops: whoever follows sees an end.
  void end();

 private:
  using Parts = std::vector<std::optional<edge::HistoryEvents>>;
  LogStream(http::Exchange& exchange, net::Loop& home, Loops& loops, const TrapHistory& traps, LogQuery query);

  void expired() override;
  void show_past(Parts parts);
  void show_new(Parts parts);
  /// Whether a loop, or the trap history, has something new.
  [[nodiscard]] bool changed() const;
  void write(std::string lines);
  void look_in(std::chrono::milliseconds time) { arm(home_.deadlines(), home_.now() + time); }

  http::Exchange* exchange_;  // null: over
  net::Loop& home_;
  Loops& loops_;
  const TrapHistory& traps_;
  const LogQuery query_;
  std::vector<edge::HistoryPosition> positions_;  // by loop
  std::vector<std::uint64_t> changes_;            // by loop: what it had when it was last asked
  std::uint64_t traps_read_ = 0;
  net::TimePoint written_;
  std::shared_ptr<Gathering<edge::HistoryEvents>> question_;
};

}  // namespace peko::inspect
