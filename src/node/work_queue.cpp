#include "node/work_queue.hpp"

#include <pthread.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "base/assert.hpp"

namespace peko::node {

struct WorkQueue::State {
  const std::string name;
  const unsigned threads_max;
  std::mutex mutex;
  std::condition_variable wake;   // something waits, or it is over
  std::condition_variable ended;  // a thread has gone
  // Under the mutex:
  std::deque<std::move_only_function<void()>> waiting;
  std::vector<std::thread> threads;
  unsigned running = 0;  // of them: those that have not come to their end
  unsigned idle = 0;
  bool stopping = false;
};

WorkQueue::WorkQueue(std::string name, unsigned threads_max)
    : state_(std::make_shared<State>(std::move(name), threads_max)) {}

WorkQueue::~WorkQueue() {
  const std::scoped_lock lock(state_->mutex);
  PEKO_ASSERT(state_->stopping, "a queue is stopped before it goes");
  // What stop() could not wait for ends with the process: nobody may destroy a thread that runs.
  if (!state_->threads.empty()) (void)new std::vector<std::thread>(std::move(state_->threads));
}

void WorkQueue::run(const std::shared_ptr<State>& state) {
  pthread_setname_np(pthread_self(), state->name.c_str());
  std::unique_lock lock(state->mutex);
  for (;;) {
    state->idle++;
    state->wake.wait(lock, [&] { return state->stopping || !state->waiting.empty(); });
    state->idle--;
    if (state->stopping) break;
    auto work = std::move(state->waiting.front());
    state->waiting.pop_front();
    lock.unlock();
    work();
    work = nullptr;  // what it holds goes before the lock comes back
    lock.lock();
  }
  state->running--;
  state->ended.notify_all();
}

void WorkQueue::post(std::move_only_function<void()> work) {
  const std::scoped_lock lock(state_->mutex);
  if (state_->stopping) return;
  state_->waiting.push_back(std::move(work));
  if (state_->idle >= state_->waiting.size() || state_->threads.size() == state_->threads_max) {
    state_->wake.notify_one();
    return;
  }
  try {
    state_->threads.emplace_back(run, state_);
    state_->running++;
  } catch (const std::system_error&) {
    // The system has no thread to give: another one does it, or the one that the next work begins.
    state_->wake.notify_one();
  }
}

bool WorkQueue::stop(std::chrono::milliseconds patience) {
  std::unique_lock lock(state_->mutex);
  state_->stopping = true;
  std::deque<std::move_only_function<void()>> dropped;
  dropped.swap(state_->waiting);
  state_->wake.notify_all();
  if (!state_->ended.wait_for(lock, patience, [&] { return state_->running == 0; })) return false;
  std::vector<std::thread> threads = std::move(state_->threads);
  state_->threads.clear();
  lock.unlock();
  for (std::thread& thread : threads) thread.join();
  return true;
}

}  // namespace peko::node
