#include "engine/cpu_timer.hpp"

#include <signal.h>
#include <unistd.h>

#include "base/assert.hpp"

#ifndef sigev_notify_thread_id  // older glibc has the field, but not the name that timer_create(2) gives it
#define sigev_notify_thread_id _sigev_un._tid
#endif

namespace peko::engine {

void CpuTimer::on_signal(int, siginfo_t* info, void*) {
  if (info->si_code != SI_TIMER) return;  // somebody else's
  const auto& timer = *static_cast<const CpuTimer*>(info->si_value.sival_ptr);
  timer.expired_(timer.argument_);
}

CpuTimer::CpuTimer(std::chrono::nanoseconds every, Expired expired, const void* argument)
    : expired_(expired), argument_(argument) {
  [[maybe_unused]] static const bool handled = [] {
    struct sigaction action{};
    action.sa_sigaction = on_signal;
    action.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;  // a guest's stack may have no room left
    PEKO_ASSERT(sigaction(SIGURG, &action, nullptr) == 0, "the signal may be handled");
    return true;
  }();
  sigset_t own;
  sigemptyset(&own);
  sigaddset(&own, SIGURG);
  pthread_sigmask(SIG_UNBLOCK, &own, nullptr);  // whoever started the program may have blocked all
  struct sigevent event{};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_notify_thread_id = gettid();
  event.sigev_signo = SIGURG;
  event.sigev_value.sival_ptr = this;
  timer_t timer{};
  if (timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &timer) != 0) return;
  timer_ = timer;
  const timespec period{.tv_sec = 0, .tv_nsec = every.count()};
  const itimerspec times{.it_interval = period, .it_value = period};
  PEKO_ASSERT(timer_settime(timer, 0, &times, nullptr) == 0, "the period is below a second");
}

CpuTimer::~CpuTimer() {
  if (timer_) timer_delete(*timer_);
}

}  // namespace peko::engine
