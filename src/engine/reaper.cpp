#include "engine/reaper.hpp"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <utility>

#include "peko_bridge.h"

namespace peko::engine {

Reaper::Reaper(const peko_engine* engine) : thread_([this, engine] { run(engine); }) {}

Reaper::~Reaper() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  filled_.notify_one();
  thread_.join();
}

void Reaper::free(peko_instance* instance) { peko_instance_delete(instance); }

void Reaper::end(const Item& item) {
  if (const auto* instance = std::get_if<peko_instance*>(&item)) {
    peko_instance_delete(*instance);
  } else {
    peko_invocation_cancel(std::get<peko_invocation*>(item));
  }
}

void Reaper::put(Item item) {
  if (backlog_.load(std::memory_order_relaxed) >= kBacklogMax) return end(item);
  backlog_.fetch_add(1, std::memory_order_relaxed);
  bool was_empty;
  {
    std::lock_guard lock(mutex_);
    was_empty = items_.empty();
    items_.push_back(item);
  }
  if (was_empty) filled_.notify_one();
}

void Reaper::run(const peko_engine* engine) {
  peko_thread_attach(engine);
  pthread_setname_np(pthread_self(), "peko-reaper");
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNice);
  std::vector<Item> batch;
  std::unique_lock lock(mutex_);
  for (;;) {
    filled_.wait(lock, [this] { return stopping_ || !items_.empty(); });
    if (items_.empty()) return;
    std::swap(batch, items_);
    lock.unlock();
    for (const Item& item : batch) {
      end(item);
      backlog_.fetch_sub(1, std::memory_order_relaxed);
    }
    batch.clear();
    lock.lock();
  }
}

}  // namespace peko::engine
