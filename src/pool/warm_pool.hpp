/// WarmPool: the instances of one loop, idle and leased.
///
/// A lease comes with a warm instance when the version has an idle one, and without when a fresh one must be made (a
/// cold start). The number of instances alive is bounded for the loop: when it is reached, the longest idle instance of
/// any version makes room; when none is idle, the lease is refused. Nothing here knows HTTP or runs a guest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/instance.hpp"
#include "net/deadline.hpp"
#include "pool/version.hpp"

namespace peko::pool {

/// Why an instance had to be made: label of peko_cold_starts_total, and in the request log.
enum class ColdReason : std::uint8_t {
  None,         ///< it was warm
  First,        ///< the version had none on this loop yet
  ScaleOut,     ///< all it has are busy
  Evicted,      ///< its last one made room for another function
  Idle,         ///< its last one was unused for too long
  Trap,         ///< its last one ended by a fault
  NotReusable,  ///< its last one could not be kept, or reuse = "never"
};

std::string_view to_string(ColdReason reason);

class Shelf;

/// A permission to run one call, and the instance for it if there is a warm one. Ends by WarmPool::give_back or its
/// destructor (the instance is gone then). The pool outlives it.
class Lease {
 public:
  Lease(Shelf& shelf, std::optional<engine::Instance> instance, ColdReason reason);
  Lease(Lease&& other) noexcept;
  Lease& operator=(Lease&&) = delete;
  ~Lease();

  [[nodiscard]] ColdReason cold() const { return cold_; }
  /// The warm instance, once.
  std::optional<engine::Instance> take() { return std::exchange(instance_, std::nullopt); }

 private:
  friend class WarmPool;
  Shelf* shelf_;
  std::optional<engine::Instance> instance_;
  ColdReason cold_;
};

/// Lives on one loop.
class WarmPool {
 public:
  explicit WarmPool(std::size_t instances_max) : instances_max_(instances_max) {}
  ~WarmPool();
  WarmPool(const WarmPool&) = delete;
  WarmPool& operator=(const WarmPool&) = delete;

  /// The place of a version; found once and kept, so that a request needs no look-up. Lives as long as the pool.
  Shelf& shelf(std::shared_ptr<const Version> version);

  /// Nothing when as many instances as allowed are busy.
  std::optional<Lease> lease(Shelf& shelf);

  enum class Ended : std::uint8_t { Cleanly, Faulted };
  /// The call is over. `instance`: what may serve again.
  void give_back(Lease lease, std::optional<engine::Instance> instance, Ended ended, net::TimePoint now);

  /// Discards what has been idle for longer than its version allows. Call it about once a second.
  void sweep(net::TimePoint now);

  [[nodiscard]] std::size_t alive() const { return alive_; }
  [[nodiscard]] std::size_t idle() const { return idle_.size(); }

 private:
  friend class Lease;
  friend class Shelf;
  struct Idle {
    Shelf* shelf;
    engine::Instance instance;
    net::TimePoint since;
  };
  using IdleList = std::list<Idle>;

  void discard(IdleList::iterator idle, ColdReason reason);

  std::size_t instances_max_;
  std::size_t alive_ = 0;
  IdleList idle_;   // longest idle first
  IdleList spare_;  // nodes to use again, so that a warm request allocates nothing
  std::unordered_map<const Version*, std::unique_ptr<Shelf>> shelves_;
};

/// A version's instances on one loop.
class Shelf {
 public:
  [[nodiscard]] const Version& version() const { return *version_; }

 private:
  friend class WarmPool;
  friend class Lease;
  Shelf(WarmPool& pool, std::shared_ptr<const Version> version) : pool_(pool), version_(std::move(version)) {}

  WarmPool& pool_;
  std::shared_ptr<const Version> version_;
  std::vector<WarmPool::IdleList::iterator>
      idle_;  // most recently used last: it is taken first, so that the others may expire
  std::size_t leased_ = 0;
  ColdReason next_cold_ = ColdReason::First;  // why there will be none when there is none
};

}  // namespace peko::pool
