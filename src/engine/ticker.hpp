/// Ticker: advances the engine's epoch every millisecond while guests run, and sleeps while none does.
///
/// A guest that runs sees that the epoch has moved, and yields if its slice is over. An idle node should not wake a
/// thousand times a second: when no thread has polled for kIdleTicks, the ticker parks, and the next poll wakes it. On
/// a busy machine the ticker may wait for a CPU while a guest runs on another one, so a thread that polls also ticks by
/// itself, each time it has used kOwnTick of CPU (or what the kernel's own tick is, when that is longer).
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>

#include "engine/cpu_timer.hpp"

struct peko_engine;

namespace peko::engine {

class Ticker {
 private:
  struct alignas(64) Mark {
    std::atomic<bool> polled = false;   // since the ticker looked last
    std::atomic<bool> polling = false;  // now
    const peko_engine* engine = nullptr;
    std::optional<CpuTimer> own_ticks;
  };

 public:
  static constexpr std::chrono::microseconds kTick{1000};
  static constexpr std::chrono::microseconds kOwnTick{4000};
  static constexpr int kIdleTicks = 50;

  /// Endless: there are no ticks, so guests run until they wait or end, whatever they use.
  enum class Slices : std::uint8_t { Timed, Endless };

  /// `threads`: how many threads will poll; each uses an index below it.
  Ticker(const peko_engine* engine, std::size_t threads, Slices slices);
  ~Ticker();
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;

  /// Once, on the polling thread number `thread`, which ends before the ticker or is the one that ends it.
  void attach(std::size_t thread);

  /// One poll, on an attached thread: two stores to a line of its own at its begin, one at its end, and a load of a
  /// shared, rarely written one.
  class Polling {
   public:
    Polling(Ticker& ticker, std::size_t thread) : mark_(ticker.marks_[thread]) {
      mark_.polled.store(true, std::memory_order_relaxed);
      mark_.polling.store(true, std::memory_order_seq_cst);
      if (ticker.parked_.load(std::memory_order_seq_cst)) ticker.unpark();
    }
    ~Polling() { mark_.polling.store(false, std::memory_order_release); }
    Polling(const Polling&) = delete;
    Polling& operator=(const Polling&) = delete;

   private:
    Mark& mark_;
  };

  /// Whether it sleeps, as no thread has polled for long.
  [[nodiscard]] bool parked() const { return parked_.load(); }

 private:
  static void tick_if_polling(const void* mark);
  void run();
  bool clear_marks();
  void unpark();

  const peko_engine* engine_;
  Slices slices_;
  std::size_t threads_;
  std::unique_ptr<Mark[]> marks_;
  alignas(64) std::atomic<bool> parked_ = false;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace peko::engine
