#include "node/in_parallel.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <thread>
#include <vector>

namespace peko::node {
namespace {

TEST(InParallel, ReportsEverythingInOrderOnTheCallersThread) {
  std::vector<std::atomic<int>> worked(100);
  std::vector<std::size_t> reported;
  const auto here = std::this_thread::get_id();
  in_parallel(
      worked.size(), 3, [&](std::size_t i) { ++worked[i]; },
      [&](std::size_t i) {
        EXPECT_EQ(std::this_thread::get_id(), here);
        EXPECT_EQ(worked[i], 1);
        reported.push_back(i);
      });
  ASSERT_EQ(reported.size(), worked.size());
  for (std::size_t i = 0; i < reported.size(); ++i) EXPECT_EQ(reported[i], i);
}

TEST(InParallel, WorksOnAsManyThreadsAsItMay) {
  std::barrier together(2);  // hangs unless two run at once
  in_parallel(4, 2, [&](std::size_t) { together.arrive_and_wait(); }, [](std::size_t) {});
  std::atomic<int> running = 0;
  const auto alone = [&](std::size_t) {
    EXPECT_EQ(++running, 1);
    --running;
  };
  in_parallel(50, 1, alone, [](std::size_t) {});
}

TEST(InParallel, DoesNothingWithoutWork) {
  in_parallel(0, 4, [](std::size_t) { FAIL(); }, [](std::size_t) { FAIL(); });
}

}  // namespace
}  // namespace peko::node
