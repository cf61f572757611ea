// What becomes of a version that is replaced, and what its successor's starts are called.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "pool/pool_fixture.hpp"

namespace peko::pool {
namespace {

class Retire : public PoolTest {
 protected:
  Retire() : PoolTest({.instances_max = 6, .running_max = 4, .function_running_max = 2}, 8) {}

  class Guest final : public Waiter {
   public:
    virtual ~Guest() = default;
    std::optional<Lease> lease;

   private:
    void granted(Lease granted) override { lease.emplace(std::move(granted)); }
  };
};

TEST_F(Retire, DiscardsTheIdleInstancesAtOnce) {
  Shelf& old = shelf("hello");
  Lease first = running(old);
  Lease second = running(old);
  end(std::move(first));
  end(std::move(second));
  call(shelf("other"));
  pool_.retire(old);
  EXPECT_EQ(disposal_.disposed.size(), 2U);
  EXPECT_EQ(pool_.idle(), 1U) << "the other function's stays";
}

TEST_F(Retire, LetsRunningCallsFinishAndKeepsNothingOfThem) {
  Shelf& old = shelf("hello");
  Lease running_on = running(old);
  pool_.retire(old);
  pool_.sweep(now_);
  EXPECT_EQ(pool_.shelves(), 1U) << "a call runs on it";
  EXPECT_EQ(old.counts().running, 1U);
  end(std::move(running_on));
  EXPECT_EQ(pool_.alive(), 0U);
  EXPECT_EQ(pool_.shelves(), 1U) << "the call that has just ended may still look at it";
  pool_.sweep(now_);
  EXPECT_EQ(pool_.shelves(), 0U);
}

TEST_F(Retire, LetsGoOfTheVersionWithTheShelf) {
  const std::weak_ptr<const Version> version = [this] {
    const std::shared_ptr<Version> made = this->version("hello");
    call(pool_.shelf(made));
    pool_.retire(pool_.shelf(made));
    return made;
  }();
  pool_.sweep(now_);
  EXPECT_EQ(version.lock(), nullptr);
}

TEST_F(Retire, GivesThoseWhoWaitTheInstancesThatComeBack) {
  Shelf& old = shelf("hello");
  std::vector<Lease> busy;
  for (int i = 0; i < 2; i++) busy.push_back(running(old));
  Guest first, second;
  ASSERT_TRUE(pool_.wait(old, first, now_));
  ASSERT_TRUE(pool_.wait(old, second, now_));
  pool_.retire(old);
  pool_.sweep(now_);
  end(std::move(busy[0]));
  end(std::move(busy[1]));
  ASSERT_TRUE(first.lease && second.lease);
  EXPECT_EQ(first.lease->cold(), ColdReason::None);
  EXPECT_EQ(second.lease->cold(), ColdReason::None);
  end(std::move(*first.lease));
  end(std::move(*second.lease));
  EXPECT_EQ(pool_.alive(), 0U) << "nobody waits any more";
  pool_.sweep(now_);
  EXPECT_EQ(pool_.shelves(), 0U);
}

TEST_F(Retire, SweepsAnInstanceThatCameBackForSomebodyWhoLeft) {
  WarmPool pool({.running_max = 1}, cold_starts_, meter_, deadlines_);
  Shelf& old = pool.shelf(version("hello"));
  Shelf& other = pool.shelf(version("other"));
  std::optional<Lease> lease = pool.lease(old);
  Guest of_old, of_other;
  ASSERT_TRUE(pool.wait(other, of_other, now_));
  ASSERT_TRUE(pool.wait(old, of_old, now_));
  pool.retire(old);
  pool.give_back(std::move(*lease), disposal_.make(), WarmPool::Ended::Cleanly, now_);
  ASSERT_TRUE(of_other.lease.has_value()) << "it was its turn";
  EXPECT_EQ(pool.idle(), 1U);
  pool.leave(of_old);
  pool.sweep(now_);
  EXPECT_EQ(pool.idle(), 0U);
  EXPECT_EQ(pool.shelves(), 1U);
  of_other.lease.reset();
}

TEST_F(Retire, ServesAgainWhenTheVersionComesBackBeforeItsShelfHasGone) {
  const std::shared_ptr<Version> made = version("hello");
  Shelf& old = pool_.shelf(made);
  Lease before = running(old);
  pool_.retire(old);
  Shelf& again = pool_.shelf(made);
  EXPECT_EQ(&again, &old);
  const std::uintptr_t number = end(std::move(before));
  EXPECT_EQ(call(again), number) << "it is kept, as before";
  pool_.sweep(now_);
  EXPECT_EQ(pool_.shelves(), 1U);
}

TEST_F(Retire, KeepsNothingThatServesOnceOnlyEvenForThoseWhoWait) {
  Shelf& once = shelf("once", code::Reuse::Never);
  Lease busy = running(once);
  Lease other = running(once);
  Guest waits;
  ASSERT_TRUE(pool_.wait(once, waits, now_));
  pool_.retire(once);
  end(std::move(busy));
  ASSERT_TRUE(waits.lease.has_value());
  EXPECT_NE(waits.lease->cold(), ColdReason::None);
  end(std::move(*waits.lease));
  end(std::move(other));
}

TEST_F(Retire, CountsAsManyStartsAsDueToTheNewVersionAsTheOldOneHadInstances) {
  Shelf& next = shelf("hello");
  WarmPool::replaces(next, 1);
  Lease first = running(next);
  EXPECT_EQ(first.cold(), ColdReason::NewVersion);
  Lease second = running(next);
  EXPECT_EQ(second.cold(), ColdReason::ScaleOut) << "the old one had one";

  Shelf& wide = shelf("wide");
  WarmPool::replaces(wide, 2);
  Lease third = running(wide);
  Lease fourth = running(wide);
  EXPECT_EQ(third.cold(), ColdReason::NewVersion);
  EXPECT_EQ(fourth.cold(), ColdReason::NewVersion);
}

TEST_F(Retire, BlamesNoLaterStartOnTheNewVersion) {
  Shelf& next = shelf("hello");
  WarmPool::replaces(next, 5);
  EXPECT_EQ(running(next).cold(), ColdReason::NewVersion);
  pool_.give_back(running(next), std::nullopt, WarmPool::Ended::Faulted, now_);
  EXPECT_EQ(running(next).cold(), ColdReason::Trap);
  WarmPool::replaces(next, 5);
  call(next);
  pool_.sweep(now_ += std::chrono::seconds(301));
  EXPECT_EQ(running(next).cold(), ColdReason::Idle);
}

}  // namespace
}  // namespace peko::pool
