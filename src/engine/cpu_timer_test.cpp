#include "engine/cpu_timer.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <thread>

namespace peko::engine {
namespace {

using namespace std::chrono_literals;

std::chrono::nanoseconds thread_cpu() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

void compute(std::chrono::nanoseconds time) {
  for (const auto end = thread_cpu() + time; thread_cpu() < end;) {
  }
}

class CpuTimerTest : public testing::Test {
 protected:
  static void count(const void* self) { static_cast<const CpuTimerTest*>(self)->expired_++; }
  mutable std::atomic<int> expired_ = 0;
};

TEST_F(CpuTimerTest, ExpiresByWhatItsThreadComputes) {
  CpuTimer timer(4ms, count, this);
  // Some fifty in 200 ms on a quiet machine. On a busy one the kernel's ticks may find other threads on the CPU for
  // long.
  const auto begin = thread_cpu();
  while (expired_.load() < 3 && thread_cpu() - begin < 20s) compute(10ms);
  EXPECT_GE(expired_.load(), 3);
  EXPECT_LE(expired_.load(), (thread_cpu() - begin) / 4ms + 1);
}

TEST_F(CpuTimerTest, DoesNotExpireWhileItsThreadWaits) {
  CpuTimer timer(4ms, count, this);
  std::thread([] { compute(100ms); }).join();
  std::this_thread::sleep_for(100ms);  // tidy: time goes by in which it computes nothing
  EXPECT_LE(expired_.load(), 2);
}

TEST_F(CpuTimerTest, EndsWithItsObject) {
  {
    CpuTimer timer(4ms, count, this);
  }
  compute(50ms);
  EXPECT_EQ(expired_.load(), 0);
}

TEST_F(CpuTimerTest, MindsNoSignalsOfOthers) {
  CpuTimer timer(900ms, count, this);
  for (int i = 0; i < 10; i++) EXPECT_EQ(raise(SIGURG), 0);
  EXPECT_EQ(expired_.load(), 0);
}

}  // namespace
}  // namespace peko::engine
