/// WarmPool: the instances of one loop, and who may run: admission.
///
/// A lease comes with a warm instance when the version has an idle one, and without when a fresh one must be made (a
/// cold start). Bounds: calls that run (of the loop and of each version), instances alive, memory of the node, cold
/// starts at once (ColdStarts). When instances or memory are short, the longest idle instance of any version makes
/// room. Who gets no lease may wait: in a queue of its version, first come, first served; versions take turns, so that
/// one with a long queue holds up none of the others. Nothing here knows HTTP or runs a guest.
///
/// What is never used again, and who sees to it: after a trap, exit, missing response or refused memory, with too many
/// host resources or too much memory left (the bridge: Usage says no instance); a body left unfinished, a call given up
/// in the middle (its lease ends without one); too many uses, unused for too long, serves one call only (this class).
/// Whatever is discarded is freed on the reaper's thread, but for a small one whose call was its last.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/random.hpp"
#include "engine/instance.hpp"
#include "net/deadline.hpp"
#include "pool/cold_starts.hpp"
#include "pool/lease.hpp"
#include "pool/shelf.hpp"
#include "pool/version.hpp"
#include "pool/waiter.hpp"

namespace peko::pool {

/// Of one loop, but for the memory.
struct PoolLimits {
  std::size_t instances_max = 4096;             ///< alive, idle and running
  std::size_t running_max = 4096;               ///< calls
  std::size_t function_running_max = 2048;      ///< calls of one version
  std::size_t waiting_max = 4096;               ///< of all versions together
  std::size_t function_waiting_max = 2048;      ///< of one version
  std::uint64_t memory_bytes_max = UINT64_MAX;  ///< of the node: what all its instances may hold before idle ones go
};

/// Lives on one loop.
class WarmPool final : private net::Deadline {
 public:
  /// A start that takes longer than this no longer keeps others of its version waiting: one more may begin, and one
  /// more after the same time again. So slow starts are staggered, and a stuck one holds up nobody.
  static constexpr std::chrono::milliseconds kStartPatience{20};
  /// An instance is retired at about this many uses, within a quarter: guests leak, and not all shall go at once.
  static constexpr std::uint32_t kUsesMax = 100'000;
  /// Memories and tables of an instance that is freed on the loop when its call was its last: at worst some 100 us.
  static constexpr std::uint64_t kFreedHereMax = std::uint64_t{2} << 20;

  /// `cold_starts` and `memory` are the node's, `deadlines` the loop's; all outlive it.
  WarmPool(const PoolLimits& limits, ColdStarts& cold_starts, const engine::MemoryMeter& memory,
           net::DeadlineWheel& deadlines);
  ~WarmPool() override;
  WarmPool(const WarmPool&) = delete;
  WarmPool& operator=(const WarmPool&) = delete;

  /// The place of a version; found once and kept, so that a request needs no look-up. Lives until the version is
  /// retired, or as long as the pool; one that was retired and is asked for again serves again.
  Shelf& shelf(std::shared_ptr<const Version> version);

  /// The version takes over calls of other versions, which have so many instances: so many of its first starts are due
  /// to that (ColdReason::NewVersion).
  static void replaces(Shelf& shelf, std::size_t instances);

  /// The version gets no new calls. Its idle instances go at once; its running and waiting calls finish on it, and
  /// those that wait still get the instances that come back. The shelf itself goes at a sweep that finds it empty:
  /// so a call that has given its lease back may look at it for the rest of its turn.
  void retire(Shelf& shelf);

  /// A lease, when there is one now and nobody has waited for longer.
  std::optional<Lease> lease(Shelf& shelf);

  /// Queues `waiter`, who had no lease. False when too many wait already.
  bool wait(Shelf& shelf, Waiter& waiter, net::TimePoint now);
  /// Takes it out of the queue; nothing when it is in none.
  void leave(Waiter& waiter);

  enum class Ended : std::uint8_t { Cleanly, Faulted };
  /// The call is over. `instance`: what may serve again.
  void give_back(Lease lease, std::optional<engine::Instance> instance, Ended ended, net::TimePoint now);

  /// The call failed on the used instance that `lease` came with; it gets another try on a fresh one, at once.
  void restart(Lease& lease);
  /// A call of the version failed on a used instance, in a way that fresh ones do not. True when that is once too
  /// often: from here on each of its calls gets a fresh one.
  bool misfit(Shelf& shelf);

  /// Discards what has been idle for longer than its version allows, what is too much for the memory, and the empty
  /// shelves of retired versions. Call it about once a second, and not from within a call.
  void sweep(net::TimePoint now);

  [[nodiscard]] std::size_t alive() const { return alive_; }
  [[nodiscard]] std::size_t idle() const { return idle_.size(); }
  [[nodiscard]] std::size_t running() const { return alive_ - idle_.size(); }
  [[nodiscard]] std::size_t waiting() const { return waiting_; }
  /// Places of versions, retired ones that are not gone yet included.
  [[nodiscard]] std::size_t shelves() const { return shelves_.size(); }

 private:
  friend class Lease;

  void expired() override;
  std::optional<Lease> take(Shelf& shelf);
  Lease take_warm(Shelf& shelf);
  Lease start_fresh(Shelf& shelf);
  void begin_start(Lease& lease, ColdReason reason);
  bool make_room(const Shelf& shelf);
  void trim();
  bool keeps(Shelf& shelf, const engine::Instance& instance);
  void empty(Shelf& shelf, ColdReason reason);
  void drop_retired();
  void put(Shelf& shelf, engine::Instance instance, net::TimePoint now);
  std::uint64_t discard(IdleList::iterator idle, ColdReason reason);
  std::uint32_t next_uses_max();
  void unqueue(Waiter& waiter);
  /// Something has become free: whoever waits and can go on goes on.
  void serve() {
    if (waiting_ > 0) serve_waiting();
  }
  void serve_waiting();

  PoolLimits limits_;
  ColdStarts& cold_starts_;
  const engine::MemoryMeter& memory_;
  net::DeadlineWheel& deadlines_;
  net::TimePoint patience_ends_;
  Random random_;
  std::size_t alive_ = 0;
  std::size_t waiting_ = 0;
  IdleList idle_;              // longest idle first
  IdleList spare_;             // nodes to use again, so that a warm request allocates nothing
  std::list<Shelf*> crowded_;  // shelves where somebody waits, whose turn it is first
  std::unordered_map<const Version*, std::unique_ptr<Shelf>> shelves_;
  std::vector<Shelf*> retired_;  // of shelves_, those that go when they are empty
};

}  // namespace peko::pool
