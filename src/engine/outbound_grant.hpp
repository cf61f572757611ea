/// OutboundGrant: what a version of a function may ask of the world.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/origin.hpp"

namespace peko::engine {

/// Shared by all loops and by exchanges that outlive their call (hence shared_ptr wherever it is kept): immutable but
/// for the count of what is in flight.
class OutboundGrant : public std::enable_shared_from_this<OutboundGrant> {
 public:
  /// `at_once`: requests in flight of all instances in this node.
  OutboundGrant(std::string function, std::vector<OriginPattern> allow, std::uint32_t at_once)
      : function_(std::move(function)), allow_(std::move(allow)), at_once_(at_once) {}

  [[nodiscard]] const std::string& function() const { return function_; }
  [[nodiscard]] std::uint32_t at_once() const { return at_once_; }
  /// Nothing is allowed: requests need no preparation for outbound ones.
  [[nodiscard]] bool empty() const { return allow_.empty(); }
  [[nodiscard]] bool allows(const Origin& origin) const {
    return std::ranges::any_of(allow_, [&origin](const OriginPattern& pattern) { return pattern.holds(origin); });
  }

  /// Counts one request more; false when as many as allowed are in flight. Any thread.
  bool try_enter() {
    if (in_flight_.fetch_add(1, std::memory_order_relaxed) < at_once_) return true;
    leave();
    return false;
  }
  /// It is over. Any thread.
  void leave() { in_flight_.fetch_sub(1, std::memory_order_relaxed); }

 private:
  const std::string function_;
  const std::vector<OriginPattern> allow_;
  const std::uint32_t at_once_;
  std::atomic<std::uint32_t> in_flight_ = 0;
};

}  // namespace peko::engine
