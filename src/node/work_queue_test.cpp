#include "node/work_queue.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <semaphore>

#include "base/no_threads.hpp"

namespace peko::node {
namespace {

constexpr std::chrono::seconds kLong{20};

TEST(WorkQueue, RunsWorkAtOnceUpToItsThreads) {
  WorkQueue queue("test", 3);
  std::latch all(3);
  for (int i = 0; i < 3; ++i) {
    queue.post([&] { all.arrive_and_wait(); });  // ends only when three run at once
  }
  all.wait();
  EXPECT_TRUE(queue.stop(kLong));
}

TEST(WorkQueue, KeepsTheOrder) {
  WorkQueue queue("test", 1);
  std::string order;
  std::binary_semaphore done(0);
  for (const char c : {'a', 'b', 'c'}) queue.post([&order, c] { order += c; });
  queue.post([&] { done.release(); });
  done.acquire();
  EXPECT_EQ(order, "abc");
  EXPECT_TRUE(queue.stop(kLong));
}

TEST(WorkQueue, KeepsWhatComesWhileThereIsNoThread) {
  WorkQueue queue("test", 1);
  std::latch both(2);
  {
    const NoThreads none;
    queue.post([&] { both.count_down(); });
  }
  queue.post([&] { both.count_down(); });
  both.wait();
  EXPECT_TRUE(queue.stop(kLong));
}

TEST(WorkQueue, DropsWhatWaitsWhenItStops) {
  WorkQueue queue("test", 1);
  std::binary_semaphore running(0);
  std::binary_semaphore go_on(0);
  std::atomic<bool> ran = false;
  queue.post([&] {
    running.release();
    go_on.acquire();
  });
  queue.post([&] { ran = true; });
  running.acquire();
  EXPECT_FALSE(queue.stop(std::chrono::milliseconds(1))) << "what runs has not ended";
  go_on.release();
  EXPECT_TRUE(queue.stop(kLong));
  queue.post([&] { ran = true; });
  EXPECT_FALSE(ran);
}

}  // namespace
}  // namespace peko::node
