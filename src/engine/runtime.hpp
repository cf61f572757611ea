/// Runtime: what the engine has once per process: code memory, instance slots, the ticker, overflow threads, the
/// reaper.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "engine/instance.hpp"
#include "engine/limits.hpp"
#include "engine/overflow.hpp"
#include "engine/reaper.hpp"
#include "engine/ticker.hpp"
#include "engine/worker.hpp"

namespace peko::engine {

/// Slots beyond RuntimeOptions::instances_max, for instances that wait for the reaper or are retired while their
/// successor starts.
inline constexpr std::uint32_t kSpareSlots = 64;
static_assert(kSpareSlots >= 2 * Reaper::kBacklogMax, "what waits for the reaper leaves room");

struct RuntimeOptions {
  std::uint32_t instances_max = 4096;       ///< alive at once; address space for all is reserved at the start
  std::uint32_t spare_slots = kSpareSlots;  ///< fewer only where address space is short, as under valgrind
  unsigned loops = 1;
  unsigned overflow_threads = 1;
  std::chrono::microseconds clock_resolution = kClockResolution;  ///< of what guests see of time; 1 us to 1 s
  Ticker::Slices slices = Ticker::Slices::Timed;                  ///< Endless only where instructions are counted
};

/// Order of a process's life: Runtime::start, add_worker for each loop, Component::load; at the end all calls retired,
/// components, instances and invocations gone, then the runtime, then the loops.
class Runtime final : public MemoryMeter {
 public:
  /// The calling thread becomes an attached one, as those of workers are: it may free instances and calls.
  static Result<std::unique_ptr<Runtime>> start(const RuntimeOptions& options);
  virtual ~Runtime();

  /// Beyond `bytes_max` no instance may grow and none is made: its call ends with Outcome::Capacity.
  void limit_memory(std::uint64_t bytes_max);
  /// Memories and tables of all instances, and 24 KiB for each. One atomic load.
  std::uint64_t memory_bytes() const override;

  /// The worker of one more loop, at most RuntimeOptions::loops of them. `loop` outlives the runtime.
  Worker& add_worker(net::Loop& loop);

  /// Names everything that compiled artifacts depend on; safe as a file name.
  [[nodiscard]] const std::string& id() const { return id_; }

  [[nodiscard]] const peko_engine* handle() const { return engine_.get(); }
  Ticker& ticker() { return *ticker_; }
  Overflow& overflow() { return *overflow_; }
  Reaper& reaper() { return *reaper_; }

 private:
  struct Delete {
    void operator()(peko_engine* engine) const;
  };
  Runtime(peko_engine* engine, const RuntimeOptions& options);

  std::unique_ptr<peko_engine, Delete> engine_;
  std::string id_;
  std::size_t loops_;
  std::deque<Worker> workers_;
  // Threads, stopped first:
  std::unique_ptr<Reaper> reaper_;
  std::unique_ptr<Ticker> ticker_;
  std::unique_ptr<Overflow> overflow_;
};

}  // namespace peko::engine
