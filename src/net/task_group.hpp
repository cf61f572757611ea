/// TaskGroup: the owner of background tasks, so that forgetting one is an assertion and not a leak.
#pragma once

#include <cstddef>

#include "net/event.hpp"
#include "net/task.hpp"

namespace peko::net {

/// Lives on one loop. Its tasks end by themselves (cancel them through what they wait for); the destructor asserts that
/// none is left.
class TaskGroup {
 public:
  explicit TaskGroup(Loop& loop) : empty_(loop) {}
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  /// Runs the task at once, on this stack, until it first suspends; its frame is freed when it ends.
  void spawn(Task<void> task);

  /// Tasks that have not ended.
  [[nodiscard]] std::size_t size() const { return size_; }

  /// Suspends until no task is left.
  Task<void> join();

 private:
  struct Runner;
  Runner run(Task<void> task);

  std::size_t size_ = 0;
  Event empty_;
};

}  // namespace peko::net
