/// Ticker: advances the engine's epoch every millisecond while guests run, and sleeps while none does.
///
/// A guest that runs sees that the epoch has moved, and yields if its slice is over. An idle node should not wake a
/// thousand times a second: when no thread has polled for kIdleTicks, the ticker parks, and the next poll wakes it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>

struct peko_engine;

namespace peko::engine {

class Ticker {
 public:
  static constexpr std::chrono::microseconds kTick{1000};
  static constexpr int kIdleTicks = 50;

  /// Endless: there are no ticks, so guests run until they wait or end, whatever they use.
  enum class Slices : std::uint8_t { Timed, Endless };

  /// `threads`: how many threads will poll; each uses an index below it.
  Ticker(const peko_engine* engine, std::size_t threads, Slices slices);
  ~Ticker();
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;

  /// Before each poll, by polling thread number `thread`: a store to a line of its own and a load of a shared, rarely
  /// written one.
  void polling(std::size_t thread) {
    marks_[thread].polled.store(true, std::memory_order_seq_cst);
    if (parked_.load(std::memory_order_seq_cst)) unpark();
  }

 private:
  struct alignas(64) Mark {
    std::atomic<bool> polled = false;
  };

  void run();
  bool clear_marks();
  void unpark();

  const peko_engine* engine_;
  std::size_t threads_;
  std::unique_ptr<Mark[]> marks_;
  alignas(64) std::atomic<bool> parked_ = false;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace peko::engine
