#include "net/task_group.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace peko::net {
namespace {

Task<void> wait_for(Event* event, std::vector<int>* log, int name) {
  co_await event->wait();
  log->push_back(name);
}

Task<void> join_then_stop(TaskGroup* group, Loop* loop, std::vector<int>* log) {
  co_await group->join();
  log->push_back(99);
  loop->stop();
}

TEST(TaskGroup, RunsATaskUntilItFirstSuspends) {
  const auto loop = Loop::create().value();
  TaskGroup group(*loop);
  Event event(*loop);
  std::vector<int> log;
  group.spawn(wait_for(&event, &log, 1));
  EXPECT_EQ(group.size(), 1U);
  EXPECT_TRUE(log.empty());
  event.set();
  EXPECT_TRUE(log.empty()) << "set() never runs the waiter on this stack";
  loop->stop();
  loop->run();
  EXPECT_EQ(group.size(), 0U);
  EXPECT_EQ(log, (std::vector<int>{1}));
}

TEST(TaskGroup, JoinsWhenTheLastTaskHasEnded) {
  const auto loop = Loop::create().value();
  TaskGroup outer(*loop);
  {
    TaskGroup group(*loop);
    Event first(*loop);
    Event second(*loop);
    std::vector<int> log;
    group.spawn(wait_for(&first, &log, 1));
    group.spawn(wait_for(&second, &log, 2));
    outer.spawn(join_then_stop(&group, loop.get(), &log));
    loop->post([&] { second.set(); });
    loop->post([&] { loop->post([&] { first.set(); }); });
    loop->run();
    EXPECT_EQ(log, (std::vector<int>{2, 1, 99}));
  }
}

TEST(TaskGroup, JoinsAtOnceWhenItIsEmpty) {
  const auto loop = Loop::create().value();
  TaskGroup outer(*loop);
  TaskGroup group(*loop);
  std::vector<int> log;
  outer.spawn(join_then_stop(&group, loop.get(), &log));
  EXPECT_EQ(log, (std::vector<int>{99}));
  loop->run();
}

TEST(TaskGroup, JoinsAgainAfterItWasEmptyBefore) {
  const auto loop = Loop::create().value();
  TaskGroup outer(*loop);
  TaskGroup group(*loop);
  Event event(*loop);
  std::vector<int> log;
  group.spawn(wait_for(&event, &log, 1));
  event.set();
  loop->stop();
  loop->run();  // the first task ends, and leaves the group's own event set
  ASSERT_EQ(log, (std::vector<int>{1}));
  group.spawn(wait_for(&event, &log, 2));
  outer.spawn(join_then_stop(&group, loop.get(), &log));
  for (int i = 0; i < 3; ++i) {
    loop->stop();
    loop->run();
  }
  ASSERT_EQ(log, (std::vector<int>{1}));
  event.set();
  loop->run();
  EXPECT_EQ(log, (std::vector<int>{1, 2, 99}));
}

TEST(TaskGroupDeathTest, DiesWithATaskInIt) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        const auto loop = Loop::create().value();
        Event event(*loop);
        std::vector<int> log;
        TaskGroup group(*loop);
        group.spawn(wait_for(&event, &log, 1));
      },
      "joined before it is destroyed");
}

}  // namespace
}  // namespace peko::net
