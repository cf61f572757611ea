#include "net/lag_probe.hpp"

#include <algorithm>
#include <utility>

namespace peko::net {

LagProbe::LagProbe(Loop& loop, LoopLag& lag) : loop_(loop), lag_(lag), window_ends_(loop.now() + kWindow) {
  arm_next();
}

void LagProbe::arm_next() {
  // At a tick of the wheel, so that what is measured is the loop's lateness and not the wheel's coarseness.
  due_ = TimePoint(std::chrono::ceil<std::chrono::milliseconds>(loop_.now().time_since_epoch() + kInterval) /
                   DeadlineWheel::kTick * DeadlineWheel::kTick);
  arm(loop_.deadlines(), due_);
}

void LagProbe::expired() {
  lag_.late.observe(loop_.now() - due_);
  if (loop_.now() >= window_ends_) {
    longest_before_ = std::exchange(longest_, Duration::zero());
    window_ends_ = loop_.now() + kWindow;
  }
  longest_ = std::max(longest_, loop_.take_longest_turn());
  const Duration shown = std::max(longest_, longest_before_);
  lag_.longest_turn_ns.set(static_cast<std::uint64_t>(shown.count()));
  arm_next();
}

}  // namespace peko::net
