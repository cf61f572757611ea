/// For tests: turns a loop by hand.
#pragma once

#include <chrono>

#include "net/loop.hpp"

namespace peko::net {

inline void turn(Loop& loop) {
  loop.stop();
  loop.run();
}

/// Turns until the condition holds. False after a time that no healthy run needs.
template <typename Condition>
bool turn_until(Loop& loop, Condition condition) {
  const auto begin = std::chrono::steady_clock::now();
  while (!condition()) {
    if (std::chrono::steady_clock::now() - begin > std::chrono::seconds(20)) return false;
    turn(loop);
  }
  return true;
}

}  // namespace peko::net
