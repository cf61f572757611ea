#include "pool/warm_pool.hpp"

#include <utility>

#include "base/assert.hpp"

namespace peko::pool {

WarmPool::WarmPool(const PoolLimits& limits, ColdStarts& cold_starts, const engine::MemoryMeter& memory,
                   net::DeadlineWheel& deadlines)
    : limits_(limits),
      cold_starts_(cold_starts),
      memory_(memory),
      deadlines_(deadlines),
      random_(Random::from_entropy()) {}

WarmPool::~WarmPool() {
  PEKO_ASSERT(alive_ == idle_.size(), "leases end before the pool");
  PEKO_ASSERT(waiting_ == 0, "nobody waits for a pool that goes");
}

Shelf& WarmPool::shelf(std::shared_ptr<const Version> version) {
  std::unique_ptr<Shelf>& place = shelves_[version.get()];
  if (!place) {
    place.reset(new Shelf(*this, std::move(version)));
    place->uses_max_ = next_uses_max();
  }
  Shelf& shelf = *place;
  if (shelf.retired_) {
    shelf.retired_ = false;
    shelf.keeps_ = shelf.version_->reuse != code::Reuse::Never && !shelf.reuse_.given_up();
    std::erase(retired_, &shelf);
  }
  return shelf;
}

void WarmPool::replaces(Shelf& shelf, std::size_t instances) {
  shelf.replaces_ = instances;
  shelf.next_cold_ = ColdReason::NewVersion;
}

void WarmPool::retire(Shelf& shelf) {
  PEKO_ASSERT(!shelf.retired_, "a version is retired once");
  shelf.retired_ = true;
  shelf.keeps_ = false;
  retired_.push_back(&shelf);
  empty(shelf, ColdReason::NewVersion);
}

void WarmPool::empty(Shelf& shelf, ColdReason reason) {
  if (shelf.idle_.empty()) return;
  alive_ -= shelf.idle_.size();
  for (const IdleList::iterator idle : std::exchange(shelf.idle_, {})) idle_.erase(idle);
  shelf.idle_bytes_ = 0;
  shelf.next_cold_ = reason;
  shelf.replaces_ = 0;
}

std::optional<Lease> WarmPool::lease(Shelf& shelf) {
  if (!shelf.waiting_.empty()) return std::nullopt;
  return take(shelf);
}

std::optional<Lease> WarmPool::take(Shelf& shelf) {
  if (running() >= limits_.running_max || shelf.leased_ >= limits_.function_running_max) return std::nullopt;
  if (!shelf.idle_.empty()) return take_warm(shelf);
  if (shelf.starting_ > shelf.overdue_ && cold_starts_.spent()) return std::nullopt;
  if (!make_room(shelf)) return std::nullopt;
  return start_fresh(shelf);
}

Lease WarmPool::take_warm(Shelf& shelf) {
  const IdleList::iterator idle = shelf.idle_.back();
  shelf.idle_.pop_back();
  engine::Instance instance = std::move(idle->instance);
  spare_.splice(spare_.begin(), idle_, idle);
  shelf.idle_bytes_ -= instance.memory_bytes();
  shelf.leased_++;
  return {shelf, std::move(instance), ColdReason::None};
}

Lease WarmPool::start_fresh(Shelf& shelf) {
  const ColdReason reason = shelf.leased_ > 0 && shelf.replaces_ == 0 ? ColdReason::ScaleOut : shelf.next_cold_;
  if (shelf.replaces_ > 0) shelf.replaces_--;
  alive_++;
  shelf.leased_++;
  Lease lease(shelf, std::nullopt, reason);
  begin_start(lease, reason);
  return lease;
}

void WarmPool::begin_start(Lease& lease, ColdReason reason) {
  Shelf& shelf = *lease.shelf_;
  lease.cold_ = reason;
  lease.starting_ = true;
  shelf.starting_++;
  cold_starts_.begin();
}

// Makes room for one more instance, as large as the version's last one. What was given to the reaper is still counted
// as memory until it is freed.
bool WarmPool::make_room(const Shelf& shelf) {
  std::uint64_t going = 0;
  const auto short_of_memory = [&] {
    return memory_.memory_bytes() + shelf.instance_bytes_ > going + limits_.memory_bytes_max;
  };
  while (alive_ >= limits_.instances_max || short_of_memory()) {
    if (idle_.empty()) return alive_ == 0;  // a loop on which nothing runs is not to be shut out by the others' memory
    going += discard(idle_.begin(), ColdReason::Evicted);
  }
  return true;
}

bool WarmPool::wait(Shelf& shelf, Waiter& waiter, net::TimePoint now) {
  if (waiting_ >= limits_.waiting_max || shelf.waiting_.size() >= limits_.function_waiting_max) {
    return false;
  }
  if (shelf.waiting_.empty()) crowded_.push_back(&shelf);
  waiter.place_ = shelf.waiting_.insert(shelf.waiting_.end(), &waiter);
  waiter.shelf_ = &shelf;
  waiting_++;
  if (!armed()) arm(deadlines_, patience_ends_ = now + kStartPatience);
  return true;
}

// Those who wait have been patient with the starts that are under way.
void WarmPool::expired() {
  if (waiting_ == 0) return;
  for (Shelf* shelf : crowded_) shelf->overdue_ = shelf->starting_;
  serve_waiting();
  if (waiting_ > 0) arm(deadlines_, patience_ends_ += kStartPatience);
}

void WarmPool::leave(Waiter& waiter) {
  if (waiter.shelf_ != nullptr) unqueue(waiter);
}

void WarmPool::unqueue(Waiter& waiter) {
  Shelf& shelf = *std::exchange(waiter.shelf_, nullptr);
  shelf.waiting_.erase(waiter.place_);
  if (shelf.waiting_.empty()) crowded_.remove(&shelf);
  waiting_--;
}

void WarmPool::serve_waiting() {
  for (std::size_t misses = 0; misses < crowded_.size() && running() < limits_.running_max;) {
    Shelf& shelf = *crowded_.front();
    crowded_.splice(crowded_.end(), crowded_, crowded_.begin());  // its turn is over, whatever comes of it
    std::optional<Lease> lease = take(shelf);
    if (!lease) {
      misses++;
      continue;
    }
    misses = 0;
    Waiter& waiter = *shelf.waiting_.front();
    unqueue(waiter);
    waiter.granted(std::move(*lease));
  }
}

void WarmPool::give_back(Lease lease, std::optional<engine::Instance> instance, Ended ended, net::TimePoint now) {
  Shelf& shelf = *lease.shelf_;
  lease.end_start();
  if (instance) shelf.instance_bytes_ = instance->memory_bytes();
  if (ended == Ended::Cleanly && lease.cold_ == ColdReason::None) shelf.reuse_.fits();
  if (ended == Ended::Cleanly && instance && keeps(shelf, *instance)) {
    lease.shelf_ = nullptr;
    shelf.leased_--;
    put(shelf, std::move(*instance), now);
    return serve();
  }
  if (instance && instance->memory_bytes() <= kFreedHereMax) instance->free();
  shelf.next_cold_ = ended == Ended::Faulted ? ColdReason::Trap : ColdReason::NotReusable;
  shelf.replaces_ = 0;
  if (ended == Ended::Faulted) trim();
}

bool WarmPool::keeps(Shelf& shelf, const engine::Instance& instance) {
  if (!shelf.keeps_) {
    // What waits for a retired version may as well have an instance that is warm.
    const bool wanted = shelf.retired_ && !shelf.waiting_.empty();
    if (!wanted || shelf.version_->reuse == code::Reuse::Never || shelf.reuse_.given_up()) return false;
  }
  if (instance.uses() < shelf.uses_max_) return true;
  shelf.uses_max_ = next_uses_max();
  return false;
}

// From 3/4 to 5/4 of kUsesMax.
std::uint32_t WarmPool::next_uses_max() {
  return kUsesMax * 3 / 4 + static_cast<std::uint32_t>(random_() % (kUsesMax / 2));
}

void WarmPool::put(Shelf& shelf, engine::Instance instance, net::TimePoint now) {
  shelf.idle_bytes_ += instance.memory_bytes();
  if (spare_.empty()) {
    idle_.push_back({&shelf, std::move(instance), now});
  } else {
    idle_.splice(idle_.end(), spare_, spare_.begin());
    idle_.back() = Idle{&shelf, std::move(instance), now};
  }
  shelf.idle_.push_back(std::prev(idle_.end()));
}

void WarmPool::restart(Lease& lease) {
  PEKO_ASSERT(lease.cold_ == ColdReason::None, "only a used instance deserves another try");
  begin_start(lease, ColdReason::NotReusable);
}

bool WarmPool::misfit(Shelf& shelf) {
  const bool before = shelf.reuse_.given_up();
  shelf.reuse_.misfits();
  if (before || !shelf.reuse_.given_up()) return false;
  shelf.keeps_ = false;
  empty(shelf, ColdReason::NotReusable);
  return true;
}

// Takes the idle instance away; returns the memory that this will free.
std::uint64_t WarmPool::discard(IdleList::iterator idle, ColdReason reason) {
  Shelf& shelf = *idle->shelf;
  const std::uint64_t bytes = idle->instance.memory_bytes();
  std::erase(shelf.idle_, idle);
  shelf.idle_bytes_ -= bytes;
  shelf.next_cold_ = reason;
  shelf.replaces_ = 0;
  idle_.erase(idle);
  alive_--;
  return bytes;
}

void WarmPool::trim() {
  std::uint64_t going = 0;
  while (!idle_.empty() && memory_.memory_bytes() > going + limits_.memory_bytes_max)
    going += discard(idle_.begin(), ColdReason::Evicted);
}

void WarmPool::sweep(net::TimePoint now) {
  for (auto idle = idle_.begin(); idle != idle_.end();) {
    const auto next = std::next(idle);
    if (now - idle->since >= idle->shelf->version_->idle) discard(idle, ColdReason::Idle);
    idle = next;
  }
  trim();
  serve();
  drop_retired();
}

void WarmPool::drop_retired() {
  std::erase_if(retired_, [this](Shelf* shelf) {
    if (!shelf->waiting_.empty()) return false;
    empty(*shelf, ColdReason::NewVersion);  // one may have come back for somebody who left meanwhile
    if (shelf->leased_ > 0 || shelf->pins_ > 0) return false;
    shelves_.erase(shelf->version_.get());
    return true;
  });
}

}  // namespace peko::pool
