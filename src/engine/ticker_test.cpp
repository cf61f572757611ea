#include "engine/ticker.hpp"

#include <sched.h>

#include <charconv>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "base/file.hpp"
#include "engine/call_fixture.hpp"

namespace peko::engine {
namespace {

using namespace std::chrono_literals;

class TickerTest : public CallFixture {
 protected:
  bool is_parked_within(std::chrono::microseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    while (!runtime_->ticker().parked() && std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(1ms);  // tidy: the ticker tells nobody
    }
    return runtime_->ticker().parked();
  }
};

TEST_F(TickerTest, SleepsWhenNobodyPolls) {
  EXPECT_TRUE(is_parked_within(60s));
  {
    const Ticker::Polling polling(runtime_->ticker(), worker_->thread());
    EXPECT_FALSE(runtime_->ticker().parked());
  }
  EXPECT_TRUE(is_parked_within(60s));
}

TEST_F(TickerTest, StaysAwakeThroughALongPoll) {
  const Ticker::Polling polling(runtime_->ticker(), worker_->thread());
  EXPECT_FALSE(is_parked_within(10 * Ticker::kIdleTicks * Ticker::kTick));
}

// What keeps CPU number 0 from everybody else, most of all from the ticker, which is pinned there at the lowest
// priority; the threads that poll are on another one.
class BusyMachine : public TickerTest {
 protected:
  void SetUp() override {
    if (__has_feature(thread_sanitizer)) GTEST_SKIP() << "signals wait for a thread's next call of the system";
    cpu_set_t allowed;
    ASSERT_EQ(sched_getaffinity(0, sizeof allowed, &allowed), 0);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
      if (CPU_ISSET(cpu, &allowed)) cpus_.push_back(cpu);
    }
    if (cpus_.size() < 2) GTEST_SKIP() << "one CPU only";
    TickerTest::SetUp();
    ASSERT_TRUE(is_parked_within(60s));  // so it has its name
    int tickers = 0;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
      const std::string name = task.path().filename();
      pid_t id = 0;
      ASSERT_EQ(std::from_chars(name.data(), name.data() + name.size(), id).ec, std::errc());
      const bool is_ticker = read_file(task.path() / "comm", 64).value_or("") == "peko-ticker\n";
      pin(id, cpus_[is_ticker ? 0 : 1]);
      const sched_param none{};
      if (is_ticker) ASSERT_EQ(sched_setscheduler(id, SCHED_IDLE, &none), 0);
      tickers += is_ticker ? 1 : 0;
    }
    ASSERT_EQ(tickers, 1);
  }
  void TearDown() override {
    stopping_ = true;
    for (std::thread& hog : hogs_) hog.join();
    if (runtime_) TickerTest::TearDown();
  }

  void begin() {
    for (int i = 0; i < 4; i++) {
      hogs_.emplace_back([this] {
        pin(0, cpus_[0]);
        while (!stopping_.load()) {
        }
      });
    }
  }

 private:
  static void pin(pid_t thread, int cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    ASSERT_EQ(sched_setaffinity(thread, sizeof set, &set), 0);
  }

  std::vector<int> cpus_;
  std::vector<std::thread> hogs_;
  std::atomic<bool> stopping_ = false;
};

TEST_F(BusyMachine, StopsAGuestAtItsLimitWithoutTheTicker) {
  guest("spin");  // compiled before the machine is busy
  begin();
  std::chrono::nanoseconds used{};
  for (int i = 0; i < 5; i++) {
    Exchange spin;
    spin.limits.cpu = 50ms;
    run({{"spin", &spin}});
    EXPECT_EQ(spin.usage.outcome, Outcome::Cpu) << spin.usage.message;
    used += spin.usage.cpu;
  }
  EXPECT_LT(used, 1s) << "250 ms and some; two seconds and more by the ticker alone";
}

}  // namespace
}  // namespace peko::engine
