/// CpuTimer: calls a function each time that a thread has used some more CPU.
///
/// Another thread that is to look after this one may itself wait for a CPU, on a busy machine for a tenth of a second;
/// the kernel counts a thread's CPU time where that thread runs (timer_create(2), CLOCK_THREAD_CPUTIME_ID).
#pragma once

#include <signal.h>

#include <chrono>
#include <ctime>
#include <optional>

namespace peko::engine {

class CpuTimer {
 public:
  /// Called in a signal handler (SIGURG, which programs ignore unless they ask for it) on the thread: it may do only
  /// what is safe there (signal-safety(7)).
  using Expired = void (*)(const void* argument);

  /// For the calling thread, from now on each `every` (below a second) of its CPU time; the kernel looks at its own
  /// ticks only (4 ms, or as it was built). Without effect where the user may have no more timers (RLIMIT_SIGPENDING).
  CpuTimer(std::chrono::nanoseconds every, Expired expired, const void* argument);
  /// On that thread, or when it has ended.
  ~CpuTimer();
  CpuTimer(const CpuTimer&) = delete;
  CpuTimer& operator=(const CpuTimer&) = delete;

 private:
  static void on_signal(int, siginfo_t* info, void*);

  Expired expired_;
  const void* argument_;
  std::optional<timer_t> timer_;
};

}  // namespace peko::engine
