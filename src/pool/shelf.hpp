/// Shelf: a version's place on one loop: its warm instances, its calls under way, those who wait.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <utility>
#include <vector>

#include "engine/instance.hpp"
#include "net/deadline.hpp"
#include "pool/lease.hpp"
#include "pool/reuse_record.hpp"
#include "pool/version.hpp"
#include "pool/waiter.hpp"

namespace peko::pool {

class WarmPool;
class Shelf;

/// A warm instance, in the order of its loop.
struct Idle {
  Shelf* shelf;
  engine::Instance instance;
  net::TimePoint since;
};
using IdleList = std::list<Idle>;

/// What a shelf has.
struct ShelfCounts {
  std::size_t warm = 0;
  std::size_t running = 0;
  std::size_t waiting = 0;
  std::uint64_t warm_bytes = 0;  ///< memories and tables of the warm ones
  bool reuse_given_up = false;   ///< its instances turned out to serve one call only
};

/// Made by WarmPool::shelf; lives on its loop, until some time after WarmPool::retire, or as long as the pool.
class Shelf {
 public:
  [[nodiscard]] const Version& version() const { return *version_; }
  [[nodiscard]] const ReuseRecord& reuse() const { return reuse_; }
  [[nodiscard]] ShelfCounts counts() const;

 private:
  friend class WarmPool;
  friend class Lease;
  friend class ShelfPin;
  Shelf(WarmPool& pool, std::shared_ptr<const Version> version)
      : pool_(pool), version_(std::move(version)), keeps_(version_->reuse != code::Reuse::Never) {}

  WarmPool& pool_;
  std::shared_ptr<const Version> version_;
  std::vector<IdleList::iterator> idle_;  // most recently used last: it is taken first, so that the others may expire
  std::uint64_t idle_bytes_ = 0;
  std::uint64_t instance_bytes_ = 0;  // what the last one that came back held
  std::size_t leased_ = 0;
  std::size_t starting_ = 0;  // of leased_
  std::size_t pins_ = 0;      // ShelfPins of it
  std::size_t overdue_ = 0;   // of starting_: those that have taken too long to be waited for
  std::uint32_t uses_max_ = 0;
  std::size_t replaces_ = 0;                  // so many starts are still due because other versions had instances
  ColdReason next_cold_ = ColdReason::First;  // why there will be none when there is none
  bool keeps_;                                // instances that come back serve again
  bool retired_ = false;
  ReuseRecord reuse_;
  std::list<Waiter*> waiting_;  // first come, first served
};

/// Keeps a shelf whose version was retired for as long as it lives: for requests that neither have a lease nor wait for
/// one.
class ShelfPin {
 public:
  explicit ShelfPin(Shelf& shelf) : shelf_(shelf) { ++shelf_.pins_; }
  ~ShelfPin() { --shelf_.pins_; }
  ShelfPin(const ShelfPin&) = delete;
  ShelfPin& operator=(const ShelfPin&) = delete;

 private:
  Shelf& shelf_;
};

}  // namespace peko::pool
