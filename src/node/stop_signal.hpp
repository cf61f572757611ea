/// StopSignal: SIGTERM, SIGINT and SIGHUP (the terminal is gone), the first as a wish, the second as an order.
#pragma once

#include "base/result.hpp"

namespace peko::node {

/// Until it is made, they end the process as usual. One per process, from its making to its end.
class StopSignal {
 public:
  /// Takes the signals over: the first is kept for wait(), the next ends the process at once with status 128 + its
  /// number.
  static void install();
  /// Blocks until the first has come; returns its number.
  static int wait();
  /// As if SIGTERM had come first. Any thread, after install().
  static void raise();
};

}  // namespace peko::node
