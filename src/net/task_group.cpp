#include "net/task_group.hpp"

namespace peko::net {

/// The coroutine around a spawned task: starts at once, belongs to nobody, frees itself (and the task) at its end.
struct TaskGroup::Runner {
  struct promise_type {
    static void* operator new(std::size_t size) { return FrameArena::allocate(size); }
    static void operator delete(void* frame, std::size_t size) noexcept { FrameArena::release(frame, size); }

    Runner get_return_object() noexcept { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    [[noreturn]] void unhandled_exception() noexcept {
      assertion_failed("no exception", "exceptions are caught where the library that throws is called", __FILE__,
                       __LINE__);
    }
  };
};

TaskGroup::Runner TaskGroup::run(Task<void> task) {
  {
    Task<void> running = std::move(task);
    co_await std::move(running);
  }
  if (--size_ == 0) empty_.set();
}

TaskGroup::~TaskGroup() { PEKO_ASSERT(size_ == 0, "a group of tasks is joined before it is destroyed"); }

void TaskGroup::spawn(Task<void> task) {
  ++size_;
  run(std::move(task));
}

Task<void> TaskGroup::join() {
  while (size_ != 0) co_await empty_.wait();
}

}  // namespace peko::net
