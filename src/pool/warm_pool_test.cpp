#include "pool/warm_pool.hpp"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "pool/pool_fixture.hpp"

namespace peko::pool {
namespace {

using namespace std::chrono_literals;

class WarmPoolTest : public PoolTest {
 protected:
  WarmPoolTest() : PoolTest({.instances_max = 3, .function_running_max = 3, .memory_bytes_max = 1000}) {}
};

TEST_F(WarmPoolTest, ReusesAnInstance) {
  Shelf& hello = shelf("hello");
  EXPECT_EQ(call(hello), 1U);
  EXPECT_EQ(call(hello), 1U);
  EXPECT_EQ(pool_.alive(), 1U);
}

TEST_F(WarmPoolTest, MakesAFreshOneWhileTheWarmOneIsBusy) {
  Shelf& hello = shelf("hello");
  call(hello);
  const Lease busy = *pool_.lease(hello);
  EXPECT_EQ(busy.cold(), ColdReason::None);
  const Lease second = *pool_.lease(hello);
  EXPECT_EQ(second.cold(), ColdReason::ScaleOut);
  EXPECT_EQ(pool_.alive(), 2U);
}

TEST_F(WarmPoolTest, NeverGivesAnInstanceToAnotherVersion) {
  Shelf& a = shelf("a");
  Shelf& b = shelf("b");
  call(a);
  Lease lease = *pool_.lease(b);
  EXPECT_FALSE(lease.take().has_value());
  EXPECT_EQ(lease.cold(), ColdReason::First);
}

TEST_F(WarmPoolTest, EvictsTheLongestIdleInstanceFirst) {
  Shelf& a = shelf("a");
  Shelf& b = shelf("b");
  Shelf& c = shelf("c");
  call(a);
  call(b);
  call(c);
  call(a);  // b is now the longest idle
  call(shelf("d"));
  EXPECT_EQ(disposal_.disposed, (std::vector<std::uintptr_t>{2}));
  EXPECT_EQ(pool_.alive(), 3U);
  EXPECT_EQ(pool_.lease(b)->cold(), ColdReason::Evicted);
}

TEST_F(WarmPoolTest, RefusesWhenAllAreBusy) {
  Shelf& hello = shelf("hello");
  std::vector<Lease> busy;
  for (int i = 0; i < 3; i++) busy.push_back(running(hello));
  EXPECT_FALSE(pool_.lease(hello).has_value());
  busy.pop_back();
  EXPECT_TRUE(pool_.lease(hello).has_value());
}

TEST_F(WarmPoolTest, ForgetsAnInstanceThatFaulted) {
  Shelf& hello = shelf("hello");
  pool_.give_back(*pool_.lease(hello), std::nullopt, WarmPool::Ended::Faulted, now_);
  EXPECT_EQ(pool_.alive(), 0U);
  EXPECT_EQ(pool_.lease(hello)->cold(), ColdReason::Trap);
}

TEST_F(WarmPoolTest, FreesASmallInstanceWhereItsLastCallHasEnded) {
  Shelf& once = shelf("once", code::Reuse::Never);
  call(once, {.uses = 1, .memory_bytes = WarmPool::kFreedHereMax});
  call(once, {.uses = 1, .memory_bytes = WarmPool::kFreedHereMax + 1});
  EXPECT_EQ(disposal_.disposed, (std::vector<std::uintptr_t>{1, 2}));
  EXPECT_EQ(disposal_.freed, std::vector<std::uintptr_t>{1});
}

TEST_F(WarmPoolTest, DiscardsEachInstanceWithReuseNever) {
  Shelf& once = shelf("once", code::Reuse::Never);
  EXPECT_EQ(call(once), 1U);
  EXPECT_EQ(call(once), 2U);
  EXPECT_EQ(disposal_.disposed.size(), 2U);
  EXPECT_EQ(pool_.lease(once)->cold(), ColdReason::NotReusable);
}

TEST_F(WarmPoolTest, SweepsWhatWasIdleForTooLong) {
  Shelf& a = shelf("a");
  Shelf& b = shelf("b");
  call(a);
  now_ += 200s;
  call(b);
  now_ += 100s;
  pool_.sweep(now_);
  EXPECT_EQ(disposal_.disposed, (std::vector<std::uintptr_t>{1}));
  EXPECT_EQ(pool_.lease(a)->cold(), ColdReason::Idle);
  EXPECT_EQ(pool_.lease(b)->cold(), ColdReason::None);
}

TEST_F(WarmPoolTest, RetiresInstancesAfterManyUsesButNotAllAtOnce) {
  std::set<std::uint32_t> lives;
  for (int i = 0; i < 5; i++) {
    Shelf& hello = shelf("hello");
    const std::uintptr_t first = call(hello);
    std::uint32_t uses = 1;
    while (call(hello, {.uses = uses += 1000, .memory_bytes = 100}) == first) {
    }
    EXPECT_GE(uses, WarmPool::kUsesMax * 3 / 4);
    EXPECT_LE(uses, WarmPool::kUsesMax * 5 / 4 + 2000);
    lives.insert(uses);
  }
  EXPECT_GT(lives.size(), 1U);
}

TEST_F(WarmPoolTest, EvictsIdleInstancesWhenMemoryIsShort) {
  Shelf& a = shelf("a");
  Shelf& b = shelf("b");
  call(a, {.uses = 1, .memory_bytes = 600});
  call(b, {.uses = 1, .memory_bytes = 300});
  meter_.bytes = 1400;
  const Lease fresh = running(shelf("c"));
  EXPECT_EQ(disposal_.disposed, std::vector<std::uintptr_t>{1}) << "the longest idle one is enough";
  meter_.bytes = 400;
  EXPECT_EQ(pool_.lease(a)->cold(), ColdReason::Evicted);
}

TEST_F(WarmPoolTest, RefusesWhenRunningInstancesHoldTheMemory) {
  Shelf& hello = shelf("hello");
  const Lease busy = running(hello);
  meter_.bytes = 1001;
  EXPECT_FALSE(pool_.lease(hello).has_value());
  meter_.bytes = 1000;
  EXPECT_TRUE(pool_.lease(hello).has_value());
}

TEST_F(WarmPoolTest, ExpectsAFreshInstanceToBeAsLargeAsTheLastOne) {
  Shelf& large = shelf("large", code::Reuse::Never);
  call(large, {.uses = 1, .memory_bytes = 600});
  const Lease busy = running(shelf("other"));
  meter_.bytes = 401;
  EXPECT_FALSE(pool_.lease(large).has_value());
  meter_.bytes = 400;
  EXPECT_TRUE(pool_.lease(large).has_value());
}

TEST_F(WarmPoolTest, IsNotShutOutByTheMemoryOfOtherLoops) {
  meter_.bytes = 5000;
  EXPECT_TRUE(pool_.lease(shelf("hello")).has_value());
}

TEST_F(WarmPoolTest, TakesAWarmInstanceHoweverShortMemoryIs) {
  Shelf& hello = shelf("hello");
  call(hello);
  meter_.bytes = 5000;
  EXPECT_EQ(pool_.lease(hello)->cold(), ColdReason::None);
}

TEST_F(WarmPoolTest, TrimsIdleInstancesWhenARunningOneHasGrown) {
  call(shelf("a"));
  call(shelf("b"));
  meter_.bytes = 1050;
  pool_.sweep(now_);
  EXPECT_EQ(disposal_.disposed, std::vector<std::uintptr_t>{1});
  meter_.bytes = 1500;
  pool_.give_back(running(shelf("c")), std::nullopt, WarmPool::Ended::Faulted, now_);
  EXPECT_EQ(pool_.idle(), 0U);
}

TEST_F(WarmPoolTest, GivesUpReuseWhereUsedInstancesFailAndFreshOnesDoNot) {
  Shelf& oneshot = shelf("oneshot");
  call(oneshot);
  for (int i = 0; i < 3; i++) {
    EXPECT_FALSE(oneshot.counts().reuse_given_up);
    Lease lease = running(oneshot);
    EXPECT_EQ(lease.cold(), ColdReason::None);
    lease.take();
    pool_.restart(lease);
    EXPECT_EQ(lease.cold(), ColdReason::NotReusable);
    EXPECT_EQ(pool_.misfit(oneshot), i == 2);
    end(std::move(lease));
  }
  EXPECT_EQ(pool_.idle(), 0U);
  call(oneshot);
  call(oneshot);
  EXPECT_EQ(pool_.idle(), 0U);
  EXPECT_FALSE(pool_.misfit(oneshot)) << "it is told once";
  EXPECT_TRUE(oneshot.counts().reuse_given_up);
}

TEST_F(WarmPoolTest, CountsWhatItHas) {
  Shelf& hello = shelf("hello");
  call(hello, {.uses = 1, .memory_bytes = 700});
  const Lease warm = running(hello);
  const Lease fresh = running(hello);
  end(running(hello), {.uses = 1, .memory_bytes = 50});
  const ShelfCounts counts = hello.counts();
  EXPECT_EQ(counts.warm, 1U);
  EXPECT_EQ(counts.running, 2U);
  EXPECT_EQ(counts.warm_bytes, 50U);
}

TEST_F(WarmPoolTest, ALostLeaseFreesItsPlace) {
  Shelf& hello = shelf("hello");
  {
    const Lease lost = *pool_.lease(hello);
  }
  EXPECT_EQ(pool_.alive(), 0U);
}

}  // namespace
}  // namespace peko::pool
