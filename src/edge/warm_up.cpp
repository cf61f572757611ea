#include "edge/warm_up.hpp"

#include <optional>
#include <utility>

#include "edge/edge.hpp"
#include "engine/invocation.hpp"

namespace peko::edge {

WarmUp::WarmUp(Edge& edge)
    : edge_(edge), progress_(edge.loop_), place_(edge.warm_ups_.insert(edge.warm_ups_.end(), this)) {
  arm(edge.loop_.deadlines(), edge.loop_.now() + kPatience);
}

WarmUp::~WarmUp() { edge_.warm_ups_.erase(place_); }

void WarmUp::expired() {
  expired_ = true;
  progress_.set();
}

net::Task<void> WarmUp::run(Edge& edge, pool::Shelf& shelf) {
  const pool::ShelfCounts counts = shelf.counts();
  if (!shelf.version().component || counts.warm + counts.running > 0) co_return;
  std::optional<pool::Lease> lease = edge.pool_.lease(shelf);
  if (!lease) co_return;
  WarmUp warm_up(edge);
  co_await warm_up.make(shelf, std::move(*lease));
}

// The lease keeps the shelf.
net::Task<void> WarmUp::make(pool::Shelf& shelf, pool::Lease lease) {
  const pool::Version& version = shelf.version();
  engine::InvocationPtr invocation = edge_.worker_.prepare(*version.component, version.limits, progress_);
  for (;;) {
    if (!invocation->away()) invocation->step();
    if (!invocation->away() && invocation->ended()) break;
    if (expired_) co_return;
    co_await progress_.wait();
  }
  std::optional<engine::Instance> instance;
  invocation->finish(instance);
  edge_.log_guest(version.function, {}, invocation->log().take());
  invocation.reset();
  if (instance) {
    edge_.pool_.give_back(std::move(lease), std::move(instance), pool::WarmPool::Ended::Cleanly, edge_.loop_.now());
  }
}

}  // namespace peko::edge
