/// Loops: the loops of a node, as somebody on another thread looks at them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "edge/edge.hpp"

namespace peko::inspect {

/// Any thread.
class Loops {
 public:
  virtual ~Loops() = default;
  [[nodiscard]] virtual std::size_t size() const = 0;
  /// edge::History::changes of one loop.
  [[nodiscard]] virtual std::uint64_t changes(std::size_t loop) const = 0;
  /// Has `look` called on the loop's thread, in one of its next turns. Never, when the loop has ended by then. The
  /// loop's requests wait for `look`: microseconds for one request, a fraction of a millisecond for a page of them or
  /// for what is new, one or two milliseconds for the thousands of past events that a log may begin with.
  virtual void visit(std::size_t loop, std::move_only_function<void(const edge::Edge&)> look) = 0;
};

}  // namespace peko::inspect
