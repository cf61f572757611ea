#include "engine/ticker.hpp"

#include <pthread.h>

#include "peko_bridge.h"

namespace peko::engine {

Ticker::Ticker(const peko_engine* engine, std::size_t threads, Slices slices)
    : engine_(engine), slices_(slices), threads_(threads), marks_(std::make_unique<Mark[]>(threads)) {
  if (slices == Slices::Timed) thread_ = std::thread([this] { run(); });
}

Ticker::~Ticker() {
  if (!thread_.joinable()) return;
  stopping_.store(true);
  unpark();
  thread_.join();
}

void Ticker::attach(std::size_t thread) {
  // ThreadSanitizer brings a signal only when the thread calls the system, which a guest does not: maybe too late.
  if (slices_ == Slices::Endless || __has_feature(thread_sanitizer)) return;
  marks_[thread].engine = engine_;
  marks_[thread].own_ticks.emplace(kOwnTick, tick_if_polling, &marks_[thread]);
}

// In a signal handler.
void Ticker::tick_if_polling(const void* mark) {
  const Mark& own = *static_cast<const Mark*>(mark);
  if (own.polling.load(std::memory_order_relaxed)) peko_engine_tick(own.engine);
}

void Ticker::unpark() {
  parked_.store(false);
  parked_.notify_one();
}

// Whether anybody polls, or has polled since the last call.
bool Ticker::clear_marks() {
  bool any = false;
  for (std::size_t i = 0; i < threads_; i++) any |= marks_[i].polled.exchange(false) || marks_[i].polling.load();
  return any;
}

void Ticker::run() {
  pthread_setname_np(pthread_self(), "peko-ticker");
  int idle_ticks = 0;
  while (!stopping_.load()) {
    std::this_thread::sleep_for(kTick);  // tidy: a tick is a length of time
    peko_engine_tick(engine_);
    idle_ticks = clear_marks() ? 0 : idle_ticks + 1;
    if (idle_ticks < kIdleTicks) continue;
    // Park, then look once more: a poll that began before it could see `parked_` has left its mark.
    parked_.store(true);
    if (clear_marks() || stopping_.load()) parked_.store(false);
    parked_.wait(true);
    idle_ticks = 0;
  }
}

}  // namespace peko::engine
