#include "pool/lease.hpp"

#include <algorithm>

#include "pool/warm_pool.hpp"

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
    case ColdReason::NewVersion: return "new-version";
  }
  return "";
}

Lease::Lease(Shelf& shelf, std::optional<engine::Instance> instance, ColdReason reason)
    : shelf_(&shelf), instance_(std::move(instance)), cold_(reason) {}

Lease::Lease(Lease&& other) noexcept
    : shelf_(std::exchange(other.shelf_, nullptr)),
      instance_(std::move(other.instance_)),
      cold_(other.cold_),
      starting_(std::exchange(other.starting_, false)) {}

Lease::~Lease() {
  if (shelf_ == nullptr) return;
  end_start();
  shelf_->leased_--;
  shelf_->pool_.alive_--;
  shelf_->pool_.serve();
}

void Lease::started() {
  if (!starting_) return;
  end_start();
  shelf_->pool_.serve();
}

void Lease::end_start() {
  if (!starting_) return;
  starting_ = false;
  shelf_->starting_--;
  shelf_->overdue_ = std::min(shelf_->overdue_, shelf_->starting_);
  shelf_->pool_.cold_starts_.end();
}

}  // namespace peko::pool
