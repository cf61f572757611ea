#include "edge/function_table.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "pool/pool_fixture.hpp"

namespace peko::edge {
namespace {

using namespace std::chrono_literals;

class FakeSource final : public FunctionSource {
 public:
  virtual ~FakeSource() = default;
  void want(Router::Target function) override { asked.emplace_back(function, 0); }
  void want_preview(Router::Target function, std::uint32_t version) override { asked.emplace_back(function, version); }
  std::vector<std::pair<Router::Target, std::uint32_t>> asked;
};

class Request final : public LoadWaiter {
 public:
  virtual ~Request() = default;
  int told = 0;
  std::chrono::nanoseconds load{};

 private:
  void changed(std::chrono::nanoseconds took) override {
    told++;
    load = took;
  }
};

class FunctionTableTest : public pool::PoolTest {
 protected:
  FunctionTableTest() : PoolTest({.instances_max = 16}, 8) {
    for (const char* name : {"zero", "one", "two"}) router_.add_name(name, router_.targets());
    table_.route(router_);
  }
  ~FunctionTableTest() override = default;

  std::shared_ptr<pool::Version> numbered(std::uint32_t number) {
    std::shared_ptr<pool::Version> made = version("one");
    made->number = number;
    return made;
  }
  void deploy(std::vector<Deployed::Weighted> versions) {
    table_.deploy(1, {.versions = std::move(versions), .load = 3ms});
  }
  FunctionTable::Look look(Request& request, std::uint32_t version = 0) {
    return table_.look({.function = 1, .version = version}, request, now_);
  }
  // The number of the version that serves; 0: none does.
  std::uint32_t serving(std::uint32_t version = 0) {
    Request request;
    const FunctionTable::Look found = look(request, version);
    table_.leave(request);
    return found.serving == nullptr ? 0 : found.serving->front().shelf->version().number;
  }

  Router router_{"localhost"};
  Metrics metrics_;
  FakeSource source_;
  FunctionTable table_{pool_, metrics_, &source_};
};

TEST_F(FunctionTableTest, BringsAFunctionOnceForAllWhoWait) {
  Request first, second;
  EXPECT_TRUE(look(first).waits);
  EXPECT_TRUE(look(second).waits);
  EXPECT_EQ(source_.asked.size(), 1U);
  EXPECT_EQ(table_.waiting(), 2U);
  deploy({{numbered(1)}});
  EXPECT_EQ(first.told, 1);
  EXPECT_EQ(second.load, 3ms);
  EXPECT_EQ(table_.waiting(), 0U);
  EXPECT_EQ(look(first).serving->size(), 1U);
  EXPECT_EQ(table_[1].only, look(first).serving->front().shelf);
  EXPECT_EQ(source_.asked.size(), 1U);
}

TEST_F(FunctionTableTest, TellsNobodyWhoHasLeft) {
  Request gone, stays;
  look(gone);
  look(stays);
  table_.leave(gone);
  table_.leave(gone);
  deploy({{numbered(1)}});
  EXPECT_EQ(gone.told, 0);
  EXPECT_EQ(stays.told, 1);
}

TEST_F(FunctionTableTest, RemembersAFailureForASecond) {
  Request first;
  look(first);
  table_.fail(1, Fault::Store, "the store is down", now_);
  EXPECT_EQ(first.told, 1);
  const FunctionTable::Look refused = look(first);
  EXPECT_EQ(refused.fault, Fault::Store);
  EXPECT_EQ(refused.detail, "the store is down");
  EXPECT_FALSE(refused.waits);
  now_ += FunctionTable::kFailedFor;
  EXPECT_TRUE(look(first).waits);
  EXPECT_EQ(source_.asked.size(), 2U);
  Request second;
  EXPECT_TRUE(look(second).waits) << "the failure is forgotten while it is on its way";
  deploy({{numbered(1)}});
  EXPECT_EQ(serving(), 1U);
}

TEST_F(FunctionTableTest, RetiresWhatIsReplacedAndKeepsWhatStays) {
  const auto v1 = numbered(1), v2 = numbered(2), v3 = numbered(3);
  deploy({{v1}});
  call(pool_.shelf(v1));
  deploy({{v1, 90}, {v2, 10}});
  EXPECT_EQ(table_[1].only, nullptr);
  EXPECT_EQ(pool_.idle(), 1U) << "v1 serves on";
  EXPECT_EQ(running(pool_.shelf(v2)).cold(), pool::ColdReason::NewVersion);
  deploy({{v3}});
  EXPECT_EQ(pool_.idle(), 0U);
  pool_.sweep(now_);
  EXPECT_EQ(pool_.shelves(), 1U);
  EXPECT_EQ(serving(), 3U);
}

TEST_F(FunctionTableTest, TakesAVersionThatIsNamedTwiceOnce) {
  const auto v1 = numbered(1);
  deploy({{v1, 1}, {v1, 2}});
  Request request;
  ASSERT_NE(look(request).serving, nullptr);
  EXPECT_EQ(look(request).serving->front().weight, 3U);
  EXPECT_NE(table_[1].only, nullptr);
  deploy({{numbered(2)}});
  pool_.sweep(now_);
  EXPECT_EQ(pool_.shelves(), 1U);
}

TEST_F(FunctionTableTest, SaysWhichVersionsTakeOverFromInstances) {
  const auto v1 = numbered(1), v2 = numbered(2), v3 = numbered(3);
  EXPECT_TRUE(table_.deploy(1, {.versions = {{v1}}}).empty()) << "nobody has used it";
  EXPECT_TRUE(table_.deploy(1, {.versions = {{v2}}}).empty());
  call(pool_.shelf(v2));
  EXPECT_EQ(table_.deploy(1, {.versions = {{v2, 90}, {v3, 10}}}), std::vector{&pool_.shelf(v3)});
}

TEST_F(FunctionTableTest, CountsTheFirstStartOfAFunctionAsThat) {
  const auto v7 = numbered(7);
  deploy({{v7}});
  EXPECT_EQ(running(pool_.shelf(v7)).cold(), pool::ColdReason::First);
}

TEST_F(FunctionTableTest, AsksAgainForWhatWasUnloaded) {
  deploy({{numbered(1)}});
  table_.unload(1);
  pool_.sweep(now_);
  EXPECT_EQ(pool_.shelves(), 0U);
  EXPECT_EQ(table_[1].only, nullptr);
  Request request;
  EXPECT_TRUE(look(request).waits);
  table_.unload(1);
  EXPECT_EQ(request.told, 1) << "it looks again: the function may have gone from the routes";
  table_.unload(0);
}

TEST_F(FunctionTableTest, ServesOneVersionAtItsPreview) {
  const auto v1 = numbered(1);
  deploy({{v1}});
  call(pool_.shelf(v1));
  Request request;
  EXPECT_TRUE(look(request, 1).waits);
  EXPECT_EQ(source_.asked, (std::vector<std::pair<Router::Target, std::uint32_t>>{{1, 1}}));
  table_.deploy_preview(1, 1, v1);
  EXPECT_EQ(request.told, 1);
  EXPECT_EQ(serving(1), 1U);
  deploy({{numbered(2)}});
  EXPECT_EQ(pool_.idle(), 1U) << "the preview serves on";
  now_ += FunctionTable::kPreviewIdle;
  table_.sweep(now_);
  EXPECT_EQ(pool_.idle(), 0U);
  EXPECT_EQ(serving(), 2U);
}

TEST_F(FunctionTableTest, TakesNoPreviewThatNobodyAwaits) {
  table_.deploy_preview(1, 5, numbered(5));
  table_.fail_preview(1, 5, Fault::NoFunction, "", now_);
  EXPECT_EQ(pool_.shelves(), 0U);
  EXPECT_TRUE(source_.asked.empty());
}

TEST_F(FunctionTableTest, RefusesAPreviewThatIsNotThere) {
  Request request;
  look(request, 99);
  table_.fail_preview(1, 99, Fault::NoFunction, "it has no version v99", now_);
  EXPECT_EQ(request.told, 1);
  EXPECT_EQ(look(request, 99).fault, Fault::NoFunction);
  EXPECT_EQ(source_.asked.size(), 1U) << "not again within a second";
}

TEST_F(FunctionTableTest, BoundsThePreviewsThatClientsCanCauseToBeKept) {
  const std::uint32_t most = FunctionTable::kPreviewsMax;
  for (std::uint32_t number = 1; number <= 3 * most; number++) {
    now_ += 1ms;
    Request request;
    EXPECT_TRUE(look(request, number).waits);
    table_.deploy_preview(1, number, numbered(number));
  }
  pool_.sweep(now_);
  EXPECT_EQ(pool_.shelves(), most);
  EXPECT_EQ(serving(3 * most), 3 * most);
  std::vector<Request> waiting(most);
  for (std::uint32_t i = 0; i < most; i++) EXPECT_TRUE(look(waiting[i], 1000 + i).waits);
  Request refused;
  EXPECT_EQ(look(refused, 2000).fault, Fault::Overloaded) << "each of the others is awaited";
  table_.unload(1);
  EXPECT_TRUE(std::ranges::all_of(waiting, [](const Request& each) { return each.told == 1; }));
}

TEST_F(FunctionTableTest, BoundsThoseWhoWait) {
  std::vector<Request> requests(FunctionTable::kWaitingMax);
  for (Request& request : requests) EXPECT_TRUE(look(request).waits);
  Request refused;
  EXPECT_EQ(look(refused).fault, Fault::Overloaded);
  table_.unload(1);
  EXPECT_EQ(table_.waiting(), 0U);
}

TEST_F(FunctionTableTest, HasNothingToAskWithoutASource) {
  FunctionTable table(pool_, metrics_, nullptr);
  table.route(router_);
  Request request;
  EXPECT_EQ(table.look({.function = 0}, request, now_).fault, Fault::NoFunction);
  table.deploy(0, {.versions = {{numbered(1)}}});
  EXPECT_EQ(table.look({.function = 0, .version = 1}, request, now_).fault, Fault::NoFunction);
  table.fail(0, Fault::BadComponent, "broken", now_);
  now_ += FunctionTable::kFailedFor * 2;
  EXPECT_EQ(table.look({.function = 0}, request, now_).fault, Fault::BadComponent);
}

TEST_F(FunctionTableTest, GrowsWithTheRoutes) {
  Router more("localhost");
  for (int i = 0; i < 100; i++) more.add_name("f" + std::to_string(i), more.targets());
  deploy({{numbered(1)}});
  table_.route(more);
  EXPECT_EQ(serving(), 1U);
  table_.deploy(99, {.versions = {{numbered(9)}}});
  EXPECT_NE(table_[99].only, nullptr);
}

TEST_F(FunctionTableTest, CountsTheInstancesOfAllVersionsOnce) {
  const auto v1 = numbered(1), v2 = numbered(2);
  deploy({{v1, 50}, {v2, 50}});
  Request request;
  look(request, 1);
  table_.deploy_preview(1, 1, v1);
  call(pool_.shelf(v1));
  call(pool_.shelf(v2));
  table_.sweep(now_);
  EXPECT_EQ(metrics_.of(1).warm.value(), 2U);
}

}  // namespace
}  // namespace peko::edge
