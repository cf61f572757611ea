#include "edge/metrics.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <utility>
#include <vector>

namespace peko::edge {
namespace {

using namespace std::chrono_literals;

std::uint64_t count_of(const FunctionMetrics& function) {
  Histogram<kRequestBounds>::Totals totals;
  function.seconds.add_to(totals);
  return totals.count();
}

TEST(Metrics, CountARequestForItsFunctionOnly) {
  Metrics metrics;
  metrics.record(metrics.of(1), {.status = 200, .wall = 300us, .cpu = 40us});
  EXPECT_EQ(metrics.of(1).requests[2].value(), 1U);
  EXPECT_EQ(metrics.of(1).cpu_ns.value(), 40'000U);
  EXPECT_EQ(count_of(metrics.of(1)), 1U);
  EXPECT_EQ(count_of(metrics.of(0)), 0U);
  EXPECT_EQ(count_of(metrics.nobody()), 0U);
}

TEST(Metrics, CountEachStatusInItsClass) {
  const std::pair<unsigned, std::size_t> rows[] = {{0, 0},   {100, 1}, {200, 2}, {299, 2}, {304, 3},
                                                   {404, 4}, {500, 5}, {599, 5}, {999, 0}};
  for (const auto& [status, status_class] : rows) {
    Metrics metrics;
    metrics.record(metrics.of(0), {.status = status});
    for (std::size_t i = 0; i < kStatusClasses.size(); ++i) {
      EXPECT_EQ(metrics.of(0).requests[i].value(), i == status_class ? 1U : 0U) << status;
    }
  }
}

TEST(Metrics, CountFaultsAndColdStartsByTheirReason) {
  Metrics metrics;
  FunctionMetrics& function = metrics.of(0);
  metrics.record(function, {.status = 500, .fault = &info(Fault::Cpu)});
  metrics.record(function, {.status = 200, .cold = pool::ColdReason::Idle, .queue = 2s, .instantiate = 70us});
  metrics.record(function, {.status = 200, .subrequests = 3, .log_cut = true});
  EXPECT_EQ(function.faults[std::to_underlying(Fault::Cpu)].value(), 1U);
  EXPECT_EQ(function.cold[std::to_underlying(pool::ColdReason::Idle)].value(), 1U);
  EXPECT_EQ(function.cold[std::to_underlying(pool::ColdReason::None)].value(), 0U);
  EXPECT_EQ(function.subrequests.value(), 3U);
  EXPECT_EQ(function.log_cuts.value(), 1U);
  Histogram<kColdStartBounds>::Totals totals;
  metrics.instantiate().add_to(totals);
  EXPECT_EQ(totals.buckets[1], 1U) << "70 us are more than 50 us and at most 100 us";
  EXPECT_EQ(totals.count(), 1U);
  metrics.queue().add_to(totals);
  EXPECT_EQ(totals.count(), 2U) << "one waited, the others did not";
}

TEST(Metrics, CostNothingForAFunctionThatNobodyAsks) {
  const Metrics metrics;
  EXPECT_EQ(&metrics.of(0), &metrics.of(9999)) << "one row of zeros for all";
  EXPECT_EQ(count_of(metrics.of(Router::Target{1} << 40)), 0U);
}

TEST(Metrics, KeepTheNumbersOfAFunctionWhereTheyAre) {
  Metrics metrics;
  std::vector<FunctionMetrics*> rows;
  for (Router::Target i = 0; i < 1000; ++i) rows.push_back(&metrics.of(i));
  rows[63]->cpu_ns.add(63);
  rows[64]->cpu_ns.add(64);
  rows[191]->cpu_ns.add(191);
  rows[192]->cpu_ns.add(192);
  for (const Router::Target i : {0UL, 63UL, 64UL, 191UL, 192UL, 999UL}) {
    EXPECT_EQ(&metrics.of(i), rows[i]);
    EXPECT_EQ(&std::as_const(metrics).of(i), rows[i]);
  }
  for (const Router::Target i : {63UL, 64UL, 191UL, 192UL}) EXPECT_EQ(std::as_const(metrics).of(i).cpu_ns.value(), i);
}

// The reader looks while the loop adds functions; ThreadSanitizer judges the rest.
TEST(Metrics, CanBeReadWhileTheyGrow) {
  constexpr Router::Target kFunctions = 5000;
  Metrics metrics;
  std::jthread loop([&metrics] {
    for (Router::Target i = 0; i < kFunctions; ++i) metrics.of(i).cpu_ns.add(i + 1);
  });
  for (Router::Target i = 0; i < kFunctions;) {
    const std::uint64_t seen = std::as_const(metrics).of(i).cpu_ns.value();
    EXPECT_TRUE(seen == 0 || seen == i + 1);
    if (seen != 0) ++i;
  }
}

TEST(Metrics, TellFetchingFromLoading) {
  Metrics metrics;
  metrics.record(metrics.of(0), {.status = 200, .fetch = 40ms, .load = 2ms});
  metrics.record(metrics.of(0), {.status = 200});
  Histogram<kColdStartBounds>::Totals fetch, load;
  metrics.fetch().add_to(fetch);
  metrics.load().add_to(load);
  EXPECT_EQ(fetch.sum, 40ms);
  EXPECT_EQ(load.sum, 2ms);
  EXPECT_EQ(fetch.count() + load.count(), 2U);
}

TEST(FaultTable, KnowsEachOfItsRows) {
  for (std::size_t i = 0; i < kFaultCount; ++i) EXPECT_EQ(index_of(info(static_cast<Fault>(i))), i);
}

}  // namespace
}  // namespace peko::edge
