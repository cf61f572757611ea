/// Overflow: threads of lower priority where guests go on that have used more than a loop can spare.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

struct peko_engine;

namespace peko::engine {

class Invocation;
class Ticker;

/// One per Runtime. Guests take turns of one slice each (round robin) and go home to their loops when they wait, end,
/// have set their head, were given up, or have used a few slices.
class Overflow {
 public:
  /// Below the loops, so that they win the CPU when both want it (sched(7), nice value).
  static constexpr int kNice = 10;

  /// Threads number `first_thread` and following (Ticker::attach).
  Overflow(const peko_engine* engine, Ticker& ticker, std::size_t threads, std::size_t first_thread);
  ~Overflow();
  Overflow(const Overflow&) = delete;
  Overflow& operator=(const Overflow&) = delete;

  /// Takes it until it goes home. Any thread.
  void put(Invocation& invocation);

 private:
  void run(const peko_engine* engine, Ticker& ticker, std::size_t thread);

  // Guarded by mutex_:
  std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<Invocation*> queue_;
  bool stopping_ = false;

  std::vector<std::thread> threads_;
};

}  // namespace peko::engine
