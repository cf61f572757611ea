#include "net/loop.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <atomic>
#include <functional>
#include <thread>
#include <vector>

#include "base/unique_fd.hpp"

namespace peko::net {
namespace {

class Step final : public Runnable {
 public:
  explicit Step(std::function<void()> work) : work_(std::move(work)) {}

 private:
  void run() override { work_(); }

  std::function<void()> work_;
};

class Io final : public IoHandler {
 public:
  explicit Io(std::function<void(std::uint32_t)> work) : work_(std::move(work)) {}
  void on_io(std::uint32_t events) override { work_(events); }

 private:
  std::function<void(std::uint32_t)> work_;
};

class Alarm final : public Deadline {
 public:
  explicit Alarm(std::function<void()> work) : work_(std::move(work)) {}

 private:
  void expired() override { work_(); }

  std::function<void()> work_;
};

std::pair<UniqueFd, UniqueFd> socket_pair() {
  int ends[2] = {-1, -1};
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

void turn_once(Loop& loop) {
  loop.stop();
  loop.run();
}

TEST(Loop, RunsWhatIsReadyInOrderAndOnce) {
  const auto loop = Loop::create().value();
  std::vector<int> log;
  Step a([&] { log.push_back(1); });
  Step b([&] { log.push_back(2); });
  loop->schedule(b);
  loop->schedule(a);
  loop->schedule(b);
  turn_once(*loop);
  turn_once(*loop);
  EXPECT_EQ(log, (std::vector<int>{2, 1}));
}

TEST(Loop, GivesWorkThatSchedulesItselfTheNextTurn) {
  const auto loop = Loop::create().value();
  int runs = 0;
  std::function<void()> again;
  Step step([&] { again(); });
  again = [&] {
    ++runs;
    loop->schedule(step);
  };
  loop->schedule(step);
  for (int turn = 1; turn <= 3; ++turn) {
    turn_once(*loop);
    EXPECT_EQ(runs, turn);
  }
}

TEST(Loop, LooksAtSocketsAndDeadlinesWhileWorkSchedulesItself) {
  const auto loop = Loop::create().value();
  auto [near, far] = socket_pair();
  int runs = 0;
  bool rang = false;
  bool heard = false;
  std::function<void()> again;
  Step step([&] { again(); });
  again = [&] {
    ++runs;
    loop->schedule(step);
    if (rang && heard) loop->stop();
  };
  Alarm alarm([&] { rang = true; });
  Io io([&](std::uint32_t events) { heard = heard || (events & EPOLLIN) != 0; });
  ASSERT_TRUE(loop->watch(near.get(), io));
  ASSERT_EQ(::write(far.get(), "x", 1), 1);
  alarm.arm(loop->deadlines(), loop->now() + std::chrono::milliseconds(20));
  loop->schedule(step);
  loop->run();
  EXPECT_GT(runs, 2);
  loop->unwatch(near.get(), io);
}

TEST(Loop, RunsHooksAtTheEndOfTheRoundOnce) {
  const auto loop = Loop::create().value();
  std::vector<int> log;
  Step hook([&] { log.push_back(9); });
  Step a([&] {
    log.push_back(1);
    loop->at_round_end(hook);
  });
  Step b([&] {
    log.push_back(2);
    loop->at_round_end(hook);
  });
  loop->schedule(a);
  loop->schedule(b);
  turn_once(*loop);
  EXPECT_EQ(log, (std::vector<int>{1, 2, 9}));
}

TEST(Loop, DoesNotSleepWhileAHookIsWaiting) {
  const auto loop = Loop::create().value();
  auto [near, far] = socket_pair();
  Step hook([&] { loop->stop(); });
  Io io([&](std::uint32_t) { loop->at_round_end(hook); });
  ASSERT_TRUE(loop->watch(near.get(), io));
  loop->run();  // the first event is that the socket is writable
  loop->unwatch(near.get(), io);
}

TEST(Loop, ForgetsARunnableThatIsDestroyed) {
  const auto loop = Loop::create().value();
  int runs = 0;
  Step last([&] { ++runs; });
  {
    Step gone([&] { runs += 100; });
    loop->schedule(gone);
    loop->schedule(last);
  }
  auto doomed = std::make_unique<Step>([&] { runs += 100; });
  Step killer([&] { doomed.reset(); });
  loop->schedule(killer);
  loop->schedule(*doomed);
  turn_once(*loop);
  EXPECT_EQ(runs, 1);
}

TEST(Loop, LetsARunnableOutliveIt) {
  Step step([] {});
  {
    const auto loop = Loop::create().value();
    loop->schedule(step);
  }
  EXPECT_FALSE(step.queued());
}

TEST(Loop, RunsPostedWorkOnItsThread) {
  const auto loop = Loop::create().value();
  EXPECT_FALSE(loop->on_thread());
  bool on_thread = false;
  std::thread other([&] {
    loop->post([&] {
      on_thread = loop->on_thread();
      loop->stop();
    });
  });
  loop->run();
  other.join();
  EXPECT_TRUE(on_thread);
}

TEST(Loop, RunsEveryPostOfManyThreadsInEachThreadsOrder) {
  constexpr int kThreads = 4;
  constexpr int kPosts = 20'000;
  const auto loop = Loop::create().value();
  std::vector<int> next(kThreads, 0);
  int in_order = 0;
  int total = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kPosts; ++i) {
        loop->post([&, t, i] {
          in_order += next[static_cast<std::size_t>(t)]++ == i;
          if (++total == kThreads * kPosts) loop->stop();
        });
      }
    });
  }
  loop->run();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(in_order, kThreads * kPosts);
}

TEST(Loop, WakesForEachPostAcrossTwoSleepingLoops) {
  // Each post finds the other loop asleep or about to sleep: a lost wake-up hangs here.
  constexpr int kRounds = 20'000;
  const auto here = Loop::create().value();
  const auto there = Loop::create().value();
  int round = 0;
  std::function<void()> pong;
  std::function<void()> ping = [&] { there->post([&] { pong(); }); };
  pong = [&] {
    here->post([&] {
      if (++round == kRounds) {
        there->stop();
        here->stop();
      } else {
        ping();
      }
    });
  };
  std::thread other([&] { there->run(); });
  here->post([&] { ping(); });
  here->run();
  other.join();
  EXPECT_EQ(round, kRounds);
}

TEST(Loop, StopsFromAnotherThread) {
  const auto loop = Loop::create().value();
  std::thread other([&] { loop->stop(); });
  loop->run();
  other.join();
}

TEST(Loop, RunsWorkThatPostsFromWithinPostedWork) {
  const auto loop = Loop::create().value();
  int depth = 0;
  std::function<void()> deeper = [&] {
    if (++depth == 10) return loop->stop();
    loop->post(deeper);
  };
  loop->post(deeper);
  loop->run();
  EXPECT_EQ(depth, 10);
}

TEST(Loop, FreezesItsTimeWithinATurn) {
  const auto loop = Loop::create().value();
  std::vector<TimePoint> seen;
  Step a([&] { seen.push_back(loop->now()); });
  Step b([&] {
    const auto begin = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - begin < std::chrono::milliseconds(2)) {
    }
    seen.push_back(loop->now());
  });
  loop->schedule(a);
  loop->schedule(b);
  turn_once(*loop);
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0], seen[1]);
  EXPECT_GT(loop->now(), seen[0]);
}

TEST(Loop, FiresADeadlineWhileItSleeps) {
  const auto loop = Loop::create().value();
  Alarm alarm([&] { loop->stop(); });
  const TimePoint at = std::chrono::steady_clock::now() + std::chrono::milliseconds(20);
  alarm.arm(loop->deadlines(), at);
  loop->run();
  EXPECT_GE(std::chrono::steady_clock::now(), at);
}

TEST(Loop, DoesNotDeliverEventsOfOneBatchToAnUnwatchedHandler) {
  const auto loop = Loop::create().value();
  auto [a_near, a_far] = socket_pair();
  auto [b_near, b_far] = socket_pair();
  int delivered = 0;
  Io* other_of[2] = {};
  const int fds[2] = {a_near.get(), b_near.get()};
  // Whichever comes first unwatches the other, whose event has been fetched already.
  Io a([&](std::uint32_t) {
    ++delivered;
    loop->unwatch(fds[1], *other_of[0]);
  });
  Io b([&](std::uint32_t) {
    ++delivered;
    loop->unwatch(fds[0], *other_of[1]);
  });
  other_of[0] = &b;
  other_of[1] = &a;
  ASSERT_TRUE(loop->watch(fds[0], a));
  ASSERT_TRUE(loop->watch(fds[1], b));
  turn_once(*loop);
  EXPECT_EQ(delivered, 1);
}

TEST(Loop, ReportsAnEdgeOnceAndAListenersLevelAgain) {
  const auto loop = Loop::create().value();
  auto [edge, edge_far] = socket_pair();
  auto [level, level_far] = socket_pair();
  int edges = 0;
  int levels = 0;
  Io on_edge([&](std::uint32_t events) { edges += (events & EPOLLIN) != 0; });
  Io on_level([&](std::uint32_t) { ++levels; });
  ASSERT_EQ(::write(edge_far.get(), "x", 1), 1);
  ASSERT_EQ(::write(level_far.get(), "x", 1), 1);
  ASSERT_TRUE(loop->watch(edge.get(), on_edge));
  ASSERT_TRUE(loop->watch_listener(level.get(), on_level));
  for (int i = 0; i < 3; ++i) turn_once(*loop);
  EXPECT_EQ(edges, 1);
  EXPECT_EQ(levels, 3);
  edge_far.close();
  std::uint32_t last = 0;
  on_edge = Io([&](std::uint32_t events) { last = events; });
  turn_once(*loop);
  EXPECT_NE(last & EPOLLRDHUP, 0U);
}

TEST(Loop, SaysWhenItCannotWatch) {
  const auto loop = Loop::create().value();
  Io io([](std::uint32_t) {});
  const Status status = loop->watch(-1, io);
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().code, Code::Unavailable);
}

}  // namespace
}  // namespace peko::net
