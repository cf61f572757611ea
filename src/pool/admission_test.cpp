// Who may run, who waits and who is refused.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "pool/pool_fixture.hpp"

namespace peko::pool {
namespace {

class Admission : public PoolTest {
 protected:
  Admission()
      : PoolTest({.instances_max = 6,
                  .running_max = 4,
                  .function_running_max = 3,
                  .waiting_max = 4,
                  .function_waiting_max = 3}) {}

  // Notes whose turn it is.
  class Guest final : public Waiter {
   public:
    Guest(std::string name, std::vector<std::string>& log) : name_(std::move(name)), log_(log) {}
    virtual ~Guest() = default;
    std::optional<Lease> lease;

   private:
    void granted(Lease granted) override {
      log_.push_back(name_);
      lease.emplace(std::move(granted));
    }
    std::string name_;
    std::vector<std::string>& log_;
  };

  std::vector<std::string> served_;
};

using Names = std::vector<std::string>;

TEST_F(Admission, ServesThoseWhoWaitInTheOrderTheyCame) {
  Shelf& a = shelf("a");
  std::vector<Lease> busy;
  for (int i = 0; i < 3; i++) busy.push_back(running(a));
  EXPECT_FALSE(pool_.lease(a).has_value()) << "as many of one version as may";
  Guest first("first", served_), second("second", served_);
  EXPECT_TRUE(pool_.wait(a, first, now_));
  EXPECT_TRUE(pool_.wait(a, second, now_));
  const std::uintptr_t number = end(std::move(busy.back()));
  busy.pop_back();
  EXPECT_EQ(served_, Names{"first"});
  EXPECT_EQ(first.lease->cold(), ColdReason::None) << "it gets the instance that came back";
  EXPECT_EQ(disposal_.number(*first.lease->take()), number);
  EXPECT_FALSE(pool_.lease(a).has_value());
  busy.pop_back();  // a call that was given up
  EXPECT_EQ(served_, (Names{"first", "second"}));
  EXPECT_EQ(pool_.waiting(), 0U);
}

TEST_F(Admission, NeverLetsOneVersionsQueueHoldUpAnother) {
  Shelf& a = shelf("a");
  Shelf& b = shelf("b");
  std::vector<Lease> busy;
  for (int i = 0; i < 3; i++) busy.push_back(running(a));
  Guest waits("a", served_);
  EXPECT_TRUE(pool_.wait(a, waits, now_));
  EXPECT_TRUE(pool_.lease(b).has_value()) << "there is room for b";
  pool_.leave(waits);
}

TEST_F(Admission, LetsVersionsTakeTurnsWhenTheLoopIsFull) {
  Shelf& a = shelf("a");
  Shelf& b = shelf("b");
  std::vector<Lease> busy;
  for (int i = 0; i < 3; i++) busy.push_back(running(a));
  busy.push_back(running(b));
  Guest a1("a1", served_), a2("a2", served_), a3("a3", served_), b1("b1", served_);
  for (Guest* guest : {&a1, &a2, &a3}) EXPECT_TRUE(pool_.wait(a, *guest, now_));
  EXPECT_TRUE(pool_.wait(b, b1, now_));
  for (int i = 0; i < 3; i++) {
    end(std::move(busy[static_cast<std::size_t>(i)]));
  }
  EXPECT_EQ(served_, (Names{"a1", "b1", "a2"}));
  pool_.leave(a3);
}

TEST_F(Admission, RefusesBeyondTheBoundsOfTheQueues) {
  Shelf& a = shelf("a");
  Shelf& b = shelf("b");
  Guest guests[] = {{"a", served_}, {"a", served_}, {"a", served_}, {"a", served_}, {"b", served_}, {"b", served_}};
  for (int i = 0; i < 3; i++) EXPECT_TRUE(pool_.wait(a, guests[i], now_));
  EXPECT_FALSE(pool_.wait(a, guests[3], now_)) << "of one version";
  EXPECT_TRUE(pool_.wait(b, guests[4], now_));
  EXPECT_FALSE(pool_.wait(b, guests[5], now_)) << "of all";
  EXPECT_EQ(a.counts().waiting, 3U);
  pool_.leave(guests[1]);
  EXPECT_EQ(a.counts().waiting, 2U);
  for (Guest& guest : guests) pool_.leave(guest);
  EXPECT_EQ(pool_.waiting(), 0U);
}

TEST_F(Admission, MakesOneInstanceOfAVersionAtATimeWhenTheBudgetIsSpent) {
  Shelf& a = shelf("a");
  Shelf& b = shelf("b");
  Lease making = *pool_.lease(a);
  EXPECT_TRUE(making.starting());
  EXPECT_FALSE(pool_.lease(a).has_value()) << "the budget is one, and a uses it";
  Lease other = *pool_.lease(b);
  EXPECT_TRUE(other.starting()) << "no version is held up by another's start";
  Guest one("one", served_), two("two", served_);
  EXPECT_TRUE(pool_.wait(a, one, now_));
  EXPECT_TRUE(pool_.wait(a, two, now_));
  making.started();
  EXPECT_EQ(served_, Names{"one"}) << "its own turn to make one";
  EXPECT_EQ(one.lease->cold(), ColdReason::ScaleOut);
  end(std::move(making));
  EXPECT_EQ(served_, (Names{"one", "two"})) << "an instance came back first";
  EXPECT_EQ(two.lease->cold(), ColdReason::None);
}

TEST_F(Admission, StaggersStartsThatTakeLong) {
  Shelf& a = shelf("a");
  const Lease slow = *pool_.lease(a);
  Guest one("one", served_), two("two", served_);
  EXPECT_TRUE(pool_.wait(a, one, now_));
  EXPECT_TRUE(pool_.wait(a, two, now_));
  deadlines_.advance(now_ += WarmPool::kStartPatience / 2);
  EXPECT_TRUE(served_.empty());
  deadlines_.advance(now_ += WarmPool::kStartPatience);
  EXPECT_EQ(served_, Names{"one"});
  deadlines_.advance(now_ += WarmPool::kStartPatience);
  EXPECT_EQ(served_, (Names{"one", "two"}));
}

TEST_F(Admission, GivesTheBudgetBackHoweverAStartEnds) {
  Shelf& a = shelf("a");
  {
    const Lease lost = *pool_.lease(a);
    EXPECT_TRUE(cold_starts_.spent());
  }
  EXPECT_FALSE(cold_starts_.spent());
  pool_.give_back(*pool_.lease(a), std::nullopt, WarmPool::Ended::Faulted, now_);
  EXPECT_FALSE(cold_starts_.spent());
  Lease moved = *pool_.lease(a);
  Lease lease = std::move(moved);
  lease.started();
  lease.started();
  EXPECT_FALSE(cold_starts_.spent());
}

TEST_F(Admission, ServesThoseWhoWaitForMemoryWhenItIsBack) {
  WarmPool pool({.memory_bytes_max = 1000}, cold_starts_, meter_, deadlines_);
  Shelf& hello = pool.shelf(std::make_shared<Version>());
  std::optional<Lease> busy = pool.lease(hello);
  busy->started();
  meter_.bytes = 2000;
  Guest waits("hello", served_);
  EXPECT_FALSE(pool.lease(hello).has_value());
  EXPECT_TRUE(pool.wait(hello, waits, now_));
  pool.sweep(now_);
  EXPECT_TRUE(served_.empty());
  meter_.bytes = 500;
  pool.sweep(now_);
  EXPECT_EQ(served_, Names{"hello"});
  waits.lease.reset();
  busy.reset();
}

}  // namespace
}  // namespace peko::pool
