/// Task<T>: a coroutine that runs when it is awaited.
///
/// Lazy, single-owner, resumed by symmetric transfer: awaiting costs no queue and no stack. A Task lives on one loop. A
/// task that nobody awaits is given to a TaskGroup (task_group.hpp), which starts it and keeps it until it ends.
///
/// Rules (docs/architecture.md): parameters by value, or references whose owner the comment names; no capturing lambda
/// as a coroutine; no lock, iterator or span into a member held across co_await. Frames come from a per-thread free
/// list.
#pragma once

#include <coroutine>
#include <cstddef>
#include <optional>
#include <utility>

#include "base/assert.hpp"

namespace peko::net {

/// Frame memory: recycled per thread by size class, so that a request's coroutine costs no malloc. `release` may be
/// called on another thread than `allocate` was.
class FrameArena {
 public:
  static void* allocate(std::size_t size);
  static void release(void* frame, std::size_t size) noexcept;
};

namespace detail {

class PromiseBase {
 public:
  static void* operator new(std::size_t size) { return FrameArena::allocate(size); }
  static void operator delete(void* frame, std::size_t size) noexcept { FrameArena::release(frame, size); }

  std::suspend_always initial_suspend() noexcept { return {}; }

  struct FinalAwaiter {
    bool await_ready() noexcept { return false; }
    template <typename P>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<P> self) noexcept {
      return self.promise().continuation_;
    }
    void await_resume() noexcept {}
  };
  FinalAwaiter final_suspend() noexcept { return {}; }

  [[noreturn]] void unhandled_exception() noexcept {
    assertion_failed("no exception", "exceptions are caught where the library that throws is called", __FILE__,
                     __LINE__);
  }

  void continue_with(std::coroutine_handle<> continuation) { continuation_ = continuation; }

 private:
  std::coroutine_handle<> continuation_ = std::noop_coroutine();
};

}  // namespace detail

template <typename T = void>
class [[nodiscard]] Task;

namespace detail {

template <typename T>
class Promise : public PromiseBase {
 public:
  Task<T> get_return_object();
  void return_value(T value) { value_.emplace(std::move(value)); }
  T take() { return std::move(*value_); }

 private:
  std::optional<T> value_;
};

template <>
class Promise<void> : public PromiseBase {
 public:
  Task<void> get_return_object();
  void return_void() {}
  void take() {}
};

}  // namespace detail

template <typename T>
class Task {
 public:
  using promise_type = detail::Promise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  explicit Task(Handle handle) : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Task() {
    if (handle_) handle_.destroy();
  }

  struct Awaiter {
    Handle handle;
    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) noexcept {
      handle.promise().continue_with(caller);
      return handle;
    }
    T await_resume() { return handle.promise().take(); }
  };
  /// The task must outlive the await: `co_await f()` and `co_await std::move(task)` both do.
  Awaiter operator co_await() && noexcept { return Awaiter{handle_}; }

 private:
  Handle handle_;
};

namespace detail {

template <typename T>
Task<T> Promise<T>::get_return_object() {
  return Task<T>(std::coroutine_handle<Promise<T>>::from_promise(*this));
}
inline Task<void> Promise<void>::get_return_object() {
  return Task<void>(std::coroutine_handle<Promise<void>>::from_promise(*this));
}

}  // namespace detail
}  // namespace peko::net
