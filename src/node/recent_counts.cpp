#include "node/recent_counts.hpp"

namespace peko::node {

namespace {

constexpr std::size_t kServerErrors = 5;  // of edge::kStatusClasses

}  // namespace

RequestCounts counts_of(const NodeView& node, edge::Router::Target function) {
  RequestCounts counts;
  for (const LaneView& lane : node.lanes) {
    const edge::FunctionMetrics& numbers = lane.requests.of(function);
    for (const Counter& status_class : numbers.requests) counts.requests += status_class.value();
    counts.errors += numbers.requests[kServerErrors].value();
  }
  return counts;
}

RecentCounts::RecentCounts(net::Loop& loop, const NodeStatus& status) : loop_(loop), status_(status) {
  arm(loop.deadlines(), loop.now() + kStep);
}

RequestCounts RecentCounts::lately(const NodeView& node, edge::Router::Target function) const {
  RequestCounts counts = counts_of(node, function);
  const std::vector<RequestCounts>& then = noted_[oldest_];
  if (function < then.size()) {
    counts.requests -= then[function].requests;
    counts.errors -= then[function].errors;
  }
  return counts;
}

void RecentCounts::note() {
  const NodeView& node = status_.view();
  std::vector<RequestCounts>& now = noted_[oldest_];
  now.clear();
  if (node.board != nullptr) {
    for (const FunctionView& function : node.board->functions()) {
      if (now.size() <= function.target) now.resize(function.target + 1);
      now[function.target] = counts_of(node, function.target);
    }
  }
  oldest_ = (oldest_ + 1) % kSteps;
}

void RecentCounts::expired() {
  note();
  arm(loop_.deadlines(), loop_.now() + kStep);
}

}  // namespace peko::node
