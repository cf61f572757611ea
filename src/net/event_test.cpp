#include "net/event.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "net/task_group.hpp"

namespace peko::net {
namespace {

Task<void> count_wakes(Event* event, int* wakes, int until) {
  while (*wakes < until) {
    co_await event->wait();
    ++*wakes;
  }
}

void turn_once(Loop& loop) {
  loop.stop();
  loop.run();
}

TEST(Event, RemembersASetWithoutAWaiterForTheNextRound) {
  const auto loop = Loop::create().value();
  TaskGroup group(*loop);
  Event event(*loop);
  event.set();
  EXPECT_TRUE(event.is_set());
  int wakes = 0;
  group.spawn(count_wakes(&event, &wakes, 1));
  EXPECT_EQ(wakes, 0) << "all others that are ready run first";
  turn_once(*loop);
  EXPECT_EQ(wakes, 1);
  EXPECT_FALSE(event.is_set());
}

TEST(Event, MergesSetsBeforeTheWaiterRuns) {
  const auto loop = Loop::create().value();
  TaskGroup group(*loop);
  Event event(*loop);
  int wakes = 0;
  group.spawn(count_wakes(&event, &wakes, 2));
  event.set();
  event.set();
  turn_once(*loop);
  EXPECT_EQ(wakes, 1);
  turn_once(*loop);
  EXPECT_EQ(wakes, 1);
  event.set();
  turn_once(*loop);
  EXPECT_EQ(wakes, 2);
}

Task<void> log_when_set(Event* event, std::vector<int>* log, int name) {
  co_await event->wait();
  log->push_back(name);
}

TEST(Event, WakesWaitersInTheOrderOfTheirSets) {
  const auto loop = Loop::create().value();
  TaskGroup group(*loop);
  Event a(*loop);
  Event b(*loop);
  Event c(*loop);
  std::vector<int> log;
  group.spawn(log_when_set(&a, &log, 1));
  group.spawn(log_when_set(&b, &log, 2));
  group.spawn(log_when_set(&c, &log, 3));
  c.set();
  a.set();
  b.set();
  turn_once(*loop);
  EXPECT_EQ(log, (std::vector<int>{3, 1, 2}));
}

Task<void> spin(Event* event, int* turns) {
  while (*turns < 3) {
    event->set();
    co_await event->wait();
    ++*turns;
  }
}

TEST(Event, GivesATaskThatSetsItsOwnEventOneStepARound) {
  const auto loop = Loop::create().value();
  TaskGroup group(*loop);
  Event event(*loop);
  int turns = 0;
  group.spawn(spin(&event, &turns));
  for (int turn = 1; turn <= 3; ++turn) {
    turn_once(*loop);
    EXPECT_EQ(turns, turn);
  }
}

Task<void> ping(Event* mine, Event* other, int* turns) {
  while (*turns < 10) {
    co_await mine->wait();
    ++*turns;
    other->set();
  }
}

TEST(Event, GivesEachRoundToEachWaiterOnce) {
  const auto loop = Loop::create().value();
  TaskGroup group(*loop);
  Event a(*loop);
  Event b(*loop);
  int turns = 0;
  group.spawn(ping(&a, &b, &turns));
  group.spawn(ping(&b, &a, &turns));
  a.set();
  for (int turn = 1; turn <= 5; ++turn) {
    turn_once(*loop);
    EXPECT_EQ(turns, turn);
  }
  while (group.size() > 0) turn_once(*loop);
}

}  // namespace
}  // namespace peko::net
