#include "engine/overflow.hpp"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include "engine/invocation.hpp"
#include "engine/ticker.hpp"
#include "peko_bridge.h"

namespace peko::engine {

Overflow::Overflow(const peko_engine* engine, Ticker& ticker, std::size_t threads, std::size_t first_thread) {
  for (std::size_t i = 0; i < threads; i++) {
    threads_.emplace_back([this, engine, &ticker, thread = first_thread + i] { run(engine, ticker, thread); });
  }
}

Overflow::~Overflow() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  filled_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Overflow::put(Invocation& invocation) {
  {
    std::lock_guard lock(mutex_);
    queue_.push_back(&invocation);
  }
  filled_.notify_one();
}

void Overflow::run(const peko_engine* engine, Ticker& ticker, std::size_t thread) {
  peko_thread_attach(engine);
  ticker.attach(thread);
  pthread_setname_np(pthread_self(), "peko-overflow");
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNice);
  std::unique_lock lock(mutex_);
  for (;;) {
    filled_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    Invocation& invocation = *queue_.front();
    queue_.pop_front();
    lock.unlock();
    const bool again = invocation.slice(thread);
    if (!again) invocation.go_home();  // not to be touched after this
    lock.lock();
    if (again) queue_.push_back(&invocation);
  }
}

}  // namespace peko::engine
