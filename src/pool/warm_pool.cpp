#include "pool/warm_pool.hpp"

#include <utility>

#include "base/assert.hpp"

namespace peko::pool {

std::string_view to_string(ColdReason reason) {
  switch (reason) {
    case ColdReason::None: return "";
    case ColdReason::First: return "first";
    case ColdReason::ScaleOut: return "scale-out";
    case ColdReason::Evicted: return "evicted";
    case ColdReason::Idle: return "idle";
    case ColdReason::Trap: return "trap";
    case ColdReason::NotReusable: return "not-reusable";
  }
  return "";
}

Lease::Lease(Shelf& shelf, std::optional<engine::Instance> instance, ColdReason reason)
    : shelf_(&shelf), instance_(std::move(instance)), cold_(reason) {}

Lease::Lease(Lease&& other) noexcept
    : shelf_(std::exchange(other.shelf_, nullptr)), instance_(std::move(other.instance_)), cold_(other.cold_) {}

Lease::~Lease() {
  if (shelf_ == nullptr) return;
  shelf_->leased_--;
  shelf_->pool_.alive_--;
}

WarmPool::~WarmPool() { PEKO_ASSERT(alive_ == idle_.size(), "leases end before the pool"); }

Shelf& WarmPool::shelf(std::shared_ptr<const Version> version) {
  std::unique_ptr<Shelf>& place = shelves_[version.get()];
  if (!place) place.reset(new Shelf(*this, std::move(version)));
  return *place;
}

std::optional<Lease> WarmPool::lease(Shelf& shelf) {
  if (!shelf.idle_.empty()) {
    const IdleList::iterator idle = shelf.idle_.back();
    shelf.idle_.pop_back();
    engine::Instance instance = std::move(idle->instance);
    spare_.splice(spare_.begin(), idle_, idle);
    shelf.leased_++;
    return Lease(shelf, std::move(instance), ColdReason::None);
  }
  if (alive_ >= instances_max_) {
    if (idle_.empty()) return std::nullopt;
    discard(idle_.begin(), ColdReason::Evicted);
  }
  const ColdReason reason = shelf.leased_ > 0 ? ColdReason::ScaleOut : shelf.next_cold_;
  alive_++;
  shelf.leased_++;
  return Lease(shelf, std::nullopt, reason);
}

void WarmPool::give_back(Lease lease, std::optional<engine::Instance> instance, Ended ended, net::TimePoint now) {
  Shelf& shelf = *lease.shelf_;
  if (!instance || shelf.version_->reuse == code::Reuse::Never) {
    shelf.next_cold_ = ended == Ended::Faulted ? ColdReason::Trap : ColdReason::NotReusable;
    return;
  }
  lease.shelf_ = nullptr;
  shelf.leased_--;
  if (spare_.empty()) {
    idle_.push_back({&shelf, std::move(*instance), now});
  } else {
    idle_.splice(idle_.end(), spare_, spare_.begin());
    idle_.back() = Idle{&shelf, std::move(*instance), now};
  }
  shelf.idle_.push_back(std::prev(idle_.end()));
}

void WarmPool::discard(IdleList::iterator idle, ColdReason reason) {
  Shelf& shelf = *idle->shelf;
  std::erase(shelf.idle_, idle);
  shelf.next_cold_ = reason;
  idle_.erase(idle);
  alive_--;
}

void WarmPool::sweep(net::TimePoint now) {
  for (auto idle = idle_.begin(); idle != idle_.end();) {
    const auto next = std::next(idle);
    if (now - idle->since >= idle->shelf->version_->idle) discard(idle, ColdReason::Idle);
    idle = next;
  }
}

}  // namespace peko::pool
