#include "net/loop.hpp"

#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/assert.hpp"

namespace peko::net {
namespace {

constexpr std::uint32_t kSocketEvents = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
// With nothing armed the loop still looks up now and then; the length does not matter.
constexpr Duration kSleepMax = std::chrono::minutes(1);

constinit thread_local const Loop* t_loop = nullptr;

}  // namespace

void detail::RunLink::leave() {
  next->prev = prev;
  prev->next = next;
  next = prev = this;
}

void detail::RunLink::insert_before(RunLink& place) {
  next = &place;
  prev = place.prev;
  prev->next = this;
  place.prev = this;
}

void detail::RunLink::take(RunLink& ring) {
  if (ring.alone()) return;
  next = ring.next;
  prev = ring.prev;
  next->prev = this;
  prev->next = this;
  ring.next = ring.prev = &ring;
}

Runnable::~Runnable() { leave(); }

Result<std::unique_ptr<Loop>> Loop::create() {
  UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  UniqueFd wake(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!epoll || !wake) {
    return fail(Code::Unavailable, std::string("cannot create an event loop: ") + std::strerror(errno));
  }
  std::unique_ptr<Loop> loop(new Loop(std::move(epoll), std::move(wake)));
  // Edge-triggered: each write is an event, and the counter need never be read.
  if (Status added = loop->add(loop->wake_.get(), EPOLLIN | EPOLLET, nullptr); !added) return fail(added.error());
  return loop;
}

Loop::Loop(UniqueFd epoll, UniqueFd wake)
    : epoll_(std::move(epoll)), wake_(std::move(wake)), now_(std::chrono::steady_clock::now()), deadlines_(now_) {}

Loop::~Loop() {
  while (!ready_.alone()) ready_.next->leave();
  while (!round_end_.alone()) round_end_.next->leave();
}

void Loop::run() {
  const Loop* const outer = std::exchange(t_loop, this);
  PEKO_ASSERT(outer == nullptr, "a thread runs one loop at a time");
  now_ = std::chrono::steady_clock::now();
  do {
    turn();
  } while (!stop_.load(std::memory_order_acquire));
  stop_.store(false, std::memory_order_relaxed);
  t_loop = nullptr;
}

void Loop::turn() {
  if (mail_.load(std::memory_order_acquire)) run_posted();
  if (!ready_.alone()) run_all(ready_);
  if (!round_end_.alone()) run_all(round_end_);
  poll();
  if (!round_end_.alone()) run_all(round_end_);
  deadlines_.advance(now_);
}

void Loop::run_all(detail::RunLink& ring) {
  detail::RunLink round;
  round.take(ring);
  while (!round.alone()) {
    auto* const runnable = static_cast<Runnable*>(round.next);
    runnable->leave();
    runnable->run();
  }
}

void Loop::run_posted() {
  // Cleared before the vector is taken: a post that comes later sets it again.
  mail_.store(false, std::memory_order_relaxed);
  {
    const std::lock_guard lock(posted_mutex_);
    running_.swap(posted_);
  }
  for (auto& work : running_) {
    work();
    work = nullptr;
  }
  running_.clear();
}

int Loop::wait_milliseconds() const {
  if (!ready_.alone() || !round_end_.alone()) return 0;
  // Rounded up, so that the loop does not spin through the last millisecond before a deadline.
  return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(deadlines_.next_wait(now_, kSleepMax)).count());
}

void Loop::poll() {
  int timeout = wait_milliseconds();
  if (timeout != 0) {
    // Either this thread sees the mail that was posted, or the poster sees that this thread sleeps: both sides store
    // first and load second, in one total order.
    sleeping_.store(true, std::memory_order_seq_cst);
    if (mail_.load(std::memory_order_seq_cst) || stop_.load(std::memory_order_seq_cst)) timeout = 0;
  }
  longest_turn_ = std::max(longest_turn_, std::chrono::steady_clock::now() - now_);
  const int count = ::epoll_wait(epoll_.get(), events_.data(), kEventsMax, timeout);
  sleeping_.store(false, std::memory_order_relaxed);
  now_ = std::chrono::steady_clock::now();
  event_count_ = count > 0 ? count : 0;  // EINTR is a turn without events
  for (event_at_ = 0; event_at_ < event_count_; ++event_at_) {
    const epoll_event event = events_[static_cast<std::size_t>(event_at_)];
    if (event.data.ptr) static_cast<IoHandler*>(event.data.ptr)->on_io(event.events);
    if (event_at_ % kEventsPerRound == kEventsPerRound - 1 && !round_end_.alone()) run_all(round_end_);
  }
  event_count_ = 0;
}

void Loop::stop() {
  stop_.store(true, std::memory_order_seq_cst);
  wake();
}

void Loop::post(std::move_only_function<void()> work) {
  {
    const std::lock_guard lock(posted_mutex_);
    posted_.push_back(std::move(work));
  }
  mail_.store(true, std::memory_order_seq_cst);
  wake();
}

void Loop::wake() {
  if (!sleeping_.load(std::memory_order_seq_cst) || !sleeping_.exchange(false, std::memory_order_seq_cst)) return;
  const std::uint64_t one = 1;
  const ssize_t written = ::write(wake_.get(), &one, sizeof(one));
  PEKO_ASSERT(written == sizeof(one), "the counter of an eventfd takes 2^64 wake-ups");
}

bool Loop::on_thread() const { return t_loop == this; }

void Loop::schedule(Runnable& runnable) {
  if (!runnable.queued()) runnable.insert_before(ready_);
}

void Loop::at_round_end(Runnable& runnable) {
  if (!runnable.queued()) runnable.insert_before(round_end_);
}

Status Loop::watch(int fd, IoHandler& handler) { return add(fd, kSocketEvents, &handler); }

Status Loop::watch_listener(int fd, IoHandler& handler) { return add(fd, EPOLLIN, &handler); }

Status Loop::add(int fd, std::uint32_t events, IoHandler* handler) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = handler;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0) return {};
  return fail(Code::Unavailable, std::string("cannot watch a socket: ") + std::strerror(errno));
}

void Loop::unwatch(int fd, IoHandler& handler) {
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  for (int i = event_at_ + 1; i < event_count_; ++i) {
    epoll_event& event = events_[static_cast<std::size_t>(i)];
    if (event.data.ptr == &handler) event.data.ptr = nullptr;
  }
}

}  // namespace peko::net
