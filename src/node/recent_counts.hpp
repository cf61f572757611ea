/// RecentCounts: how many requests and errors each function has had lately.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "edge/router.hpp"
#include "net/deadline.hpp"
#include "net/loop.hpp"
#include "node/node_view.hpp"

namespace peko::node {

/// What functions have counted so far, on all lanes.
struct RequestCounts {
  std::uint64_t requests = 0;
  std::uint64_t errors = 0;  ///< answered 5xx
};
RequestCounts counts_of(const NodeView& node, edge::Router::Target function);

/// Lives on the admin loop. Notes all counts every kStep, so that a list of functions can begin with those where
/// something happens now; costs a look at each function's numbers each time.
class RecentCounts final : private net::Deadline {
 public:
  static constexpr std::chrono::seconds kStep{15};
  static constexpr std::size_t kSteps = 4;

  /// Both outlive it.
  RecentCounts(net::Loop& loop, const NodeStatus& status);

  /// Notes them now.
  void note();
  /// Since 45 to 60 s ago, or the start.
  [[nodiscard]] RequestCounts lately(const NodeView& node, edge::Router::Target function) const;

 private:
  void expired() override;

  net::Loop& loop_;
  const NodeStatus& status_;
  std::array<std::vector<RequestCounts>, kSteps> noted_;  // by function; empty: not yet
  std::size_t oldest_ = 0;                                // the one that comes next
};

}  // namespace peko::node
