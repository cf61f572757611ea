/// StoreWatch: when a node looks at its store, and whether the store is up.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/log.hpp"
#include "base/result.hpp"

namespace peko::node {

/// Pure; time is an input. A look that succeeds is followed by the next one after the interval, and no sooner than ten
/// times as long after its end as looks take: they take a tenth of the time at the most, however large or slow the
/// store. Two in a row say how long they take: one that was slow because the store was in trouble is followed soon,
/// so that recovery is seen at once. After one that fails the interval alone counts, for the same reason.
class StoreWatch {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr int kRestFactor = 10;

  /// `store` is its name for messages.
  StoreWatch(std::string store, std::chrono::milliseconds interval) : store_(std::move(store)), interval_(interval) {}

  struct Line {
    LogLevel level;
    std::string text;
  };
  /// A look is over. What the log is to say: nothing unless the store went down or came back.
  std::optional<Line> looked(const Status& outcome, Time begin, Time end);

  [[nodiscard]] Time next() const { return next_; }
  [[nodiscard]] bool up() const { return !down_since_.has_value(); }

 private:
  const std::string store_;
  const std::chrono::milliseconds interval_;
  Time next_;
  std::chrono::steady_clock::duration previous_{};  ///< how long the last look took that succeeded
  std::optional<Time> down_since_;
};

}  // namespace peko::node
