#include "pool/warm_pool.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "pool/fake_disposal.hpp"

namespace peko::pool {
namespace {

using namespace std::chrono_literals;

class WarmPoolTest : public testing::Test {
 protected:
  Shelf& shelf(const std::string& function, code::Reuse reuse = code::Reuse::Auto) {
    auto version = std::make_shared<Version>();
    version->function = function;
    version->reuse = reuse;
    version->idle = 300s;
    return pool_.shelf(version);
  }
  // A call on a warm or fresh instance that ends cleanly; the number of the instance it ran on.
  std::uintptr_t call(Shelf& on) {
    Lease lease = *pool_.lease(on);
    std::optional<engine::Instance> instance = lease.take();
    if (!instance) instance = disposal_.make();
    const std::uintptr_t number = disposal_.number(std::move(*instance));
    pool_.give_back(std::move(lease), engine::Instance(reinterpret_cast<peko_instance*>(number), disposal_),
                    WarmPool::Ended::Cleanly, now_);
    return number;
  }

  FakeDisposal disposal_;
  WarmPool pool_{3};
  net::TimePoint now_{};
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
  Lease busy = *pool_.lease(hello);
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
  for (int i = 0; i < 3; i++) busy.push_back(*pool_.lease(hello));
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

TEST_F(WarmPoolTest, ALostLeaseFreesItsPlace) {
  Shelf& hello = shelf("hello");
  {
    const Lease lost = *pool_.lease(hello);
  }
  EXPECT_EQ(pool_.alive(), 0U);
}

}  // namespace
}  // namespace peko::pool
