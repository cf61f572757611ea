/// Event: "something changed, look again", for one waiting coroutine.
#pragma once

#include <coroutine>
#include <utility>

#include "base/assert.hpp"
#include "net/loop.hpp"

namespace peko::net {

/// An auto-reset event of one loop. set() makes the waiter run in the loop's next round (FIFO among all that are
/// ready); sets before it runs merge into one. set() without a waiter is remembered: the next wait ends in the next
/// round, so that who sets its own event still lets all others run first. Not for crossing threads: Loop::post is.
class Event final : private Runnable {
 public:
  explicit Event(Loop& loop) : loop_(loop) {}
  ~Event() override = default;

  void set() {
    if (set_) return;
    set_ = true;
    if (waiter_) loop_.schedule(*this);
  }
  [[nodiscard]] bool is_set() const { return set_; }

  struct Awaiter {
    Event& event;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiter) noexcept {
      PEKO_ASSERT(!event.waiter_, "an Event has one waiter");
      event.waiter_ = waiter;
      if (event.set_) event.loop_.schedule(event);
    }
    void await_resume() noexcept { event.set_ = false; }
  };
  /// Suspends until the round after it is set, and clears it.
  Awaiter wait() { return Awaiter{*this}; }

 private:
  void run() override { std::exchange(waiter_, nullptr).resume(); }

  Loop& loop_;
  std::coroutine_handle<> waiter_;
  bool set_ = false;
};

}  // namespace peko::net
