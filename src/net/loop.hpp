/// Loop: one thread, one epoll, one queue of ready work.
///
/// Thread per core: everything that belongs to a connection lives and dies on one loop, so nothing here is locked but
/// the mailbox of `post`. A turn is: run what was ready at its start (FIFO), run the hooks of the round's end, then one
/// look at epoll (which sleeps only when nothing is ready), then due deadlines. So neither I/O nor a guest that wakes
/// itself can starve the other.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "net/buffer_pool.hpp"
#include "net/deadline.hpp"

namespace peko::net {

namespace detail {

/// A place in a ring of runnables; a ring's own place is its beginning and its end. Not copyable, because neighbours
/// point at it.
struct RunLink {
  RunLink() = default;
  RunLink(const RunLink&) = delete;
  RunLink& operator=(const RunLink&) = delete;

  [[nodiscard]] bool alone() const { return next == this; }
  void leave();
  void insert_before(RunLink& place);
  /// Takes over all that follows `ring`, which is empty then.
  void take(RunLink& ring);

  RunLink* next = this;
  RunLink* prev = this;
};

}  // namespace detail

/// Something that can be put in the ready queue or among the hooks of the round's end; in one of them and at most once.
class Runnable : private detail::RunLink {
 public:
  Runnable() = default;
  Runnable(const Runnable&) = delete;
  Runnable& operator=(const Runnable&) = delete;
  virtual ~Runnable();  ///< leaves the queue
  [[nodiscard]] bool queued() const { return !alone(); }

 private:
  friend class Loop;
  virtual void run() = 0;
};

/// Something that has a file descriptor in the loop's epoll.
class IoHandler {
 public:
  virtual ~IoHandler() = default;
  /// `events`: EPOLLIN, EPOLLOUT, EPOLLRDHUP, EPOLLHUP, EPOLLERR as epoll gave them. May destroy itself through
  /// Loop::unwatch.
  virtual void on_io(std::uint32_t events) = 0;
};

class Loop {
 public:
  /// Unavailable when the process has no descriptor left.
  static Result<std::unique_ptr<Loop>> create();
  /// Work that was posted and has not run is dropped.
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Turns until stop(). The calling thread is the loop's thread from here on.
  void run();
  /// Makes run() return after the current turn; called before run(), after its first. Any thread.
  void stop();
  /// Runs `work` on the loop's thread in its next turn. Any thread; a wake-up (write to an eventfd) only when the loop
  /// sleeps.
  void post(std::move_only_function<void()> work);

  // The loop's thread only:

  [[nodiscard]] bool on_thread() const;
  /// Appends to the ready queue unless it is in it.
  void schedule(Runnable& runnable);
  /// Runs it once, after what is ready now and before the next look at epoll: for work that is cheaper once for many
  /// events, as sending is.
  void at_round_end(Runnable& runnable);
  /// Steady time, frozen within a turn (kj/timer.h's rule).
  [[nodiscard]] TimePoint now() const { return now_; }
  DeadlineWheel& deadlines() { return deadlines_; }
  /// The longest turn since the last call: how long the loop did not look at its sockets.
  Duration take_longest_turn() { return std::exchange(longest_turn_, Duration::zero()); }
  /// Memory for bytes in flight.
  BufferPool& buffers() { return buffers_; }
  /// Adds `fd` edge-triggered for EPOLLIN | EPOLLOUT | EPOLLRDHUP: the handler reads and writes until EAGAIN (or a
  /// short count).
  Status watch(int fd, IoHandler& handler);
  /// Adds `fd` level-triggered for EPOLLIN: for listeners.
  Status watch_listener(int fd, IoHandler& handler);
  /// Removes it before the fd is closed; events of this turn that are already fetched are not delivered any more.
  void unwatch(int fd, IoHandler& handler);

 private:
  Loop(UniqueFd epoll, UniqueFd wake);

  void turn();
  void run_all(detail::RunLink& ring);
  void run_posted();
  /// How long epoll may sleep, in its unit.
  int wait_milliseconds() const;
  void poll();
  void wake();
  Status add(int fd, std::uint32_t events, IoHandler* handler);

  // More than this many ready descriptors are fetched in the next turn: 3 KiB, and rare below a thousand busy
  // connections.
  static constexpr int kEventsMax = 256;
  // After so many events the hooks of the round's end run.
  static constexpr int kEventsPerRound = 64;

  UniqueFd epoll_;
  UniqueFd wake_;
  TimePoint now_;
  Duration longest_turn_{};
  DeadlineWheel deadlines_;
  BufferPool buffers_;
  detail::RunLink ready_;
  detail::RunLink round_end_;
  std::array<epoll_event, kEventsMax> events_{};
  int event_at_ = 0;     // the event being delivered
  int event_count_ = 0;  // of this turn

  // Any thread:
  std::atomic<bool> stop_ = false;
  std::atomic<bool> sleeping_ = false;  // true: whoever sets mail_ or stop_ must write to wake_
  std::atomic<bool> mail_ = false;      // posted_ may hold something
  std::mutex posted_mutex_;
  std::vector<std::move_only_function<void()>> posted_;   // guarded by posted_mutex_
  std::vector<std::move_only_function<void()>> running_;  // the loop's thread only; keeps its capacity
};

}  // namespace peko::net
