/// WorkQueue: a few threads that may block, for work that must not hold up anybody else.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace peko::node {

/// First come, first served. Threads are made when they are needed and stay. The queue has no bound of its own: who
/// posts sees to it (a function is loaded by one at a time). Any thread may post.
class WorkQueue {
 public:
  /// `name`: of the threads, at most 15 bytes.
  WorkQueue(std::string name, unsigned threads_max);
  /// stop() comes first.
  ~WorkQueue();
  WorkQueue(const WorkQueue&) = delete;
  WorkQueue& operator=(const WorkQueue&) = delete;

  /// Does nothing after stop().
  void post(std::move_only_function<void()> work);
  /// Drops what waits and lets what runs end. False when it has not ended after `patience`: it may be called again;
  /// without that, threads are left behind, and what their work refers to must not go before the process does.
  bool stop(std::chrono::milliseconds patience);

 private:
  struct State;
  static void run(const std::shared_ptr<State>& state);

  std::shared_ptr<State> state_;  // shared with threads that may outlive the queue
};

}  // namespace peko::node
