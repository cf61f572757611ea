#include "node/alert_policy.hpp"

#include <utility>

namespace peko::node {

std::optional<AlertPolicy::Notice> AlertPolicy::observe(std::uint64_t total, Steady now, Wall wall) {
  const std::uint64_t grown = total - std::exchange(total_, total);
  if (grown > 0) {
    if (!open_) {
      open_ = true;
      told_ = false;
      since_ = wall;
      count_ = 0;
    }
    count_ += grown;
    grown_at_ = now;
  }
  if (!open_) return std::nullopt;
  const bool may_fire = !fired_at_ || now - *fired_at_ >= kRepeat;
  if (may_fire && (grown > 0 || !told_)) {
    fired_at_ = now;
    told_ = true;
    return Notice{.state = Notice::State::Firing, .since = since_, .count = count_};
  }
  if (told_ && now - grown_at_ >= kQuiet) {
    open_ = false;
    return Notice{.state = Notice::State::Resolved, .since = since_, .count = count_};
  }
  return std::nullopt;
}

}  // namespace peko::node
