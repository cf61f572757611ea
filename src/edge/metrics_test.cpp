#include "edge/metrics.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace peko::edge {
namespace {

using namespace std::chrono_literals;

std::uint64_t count_of(const FunctionMetrics& function) {
  Histogram<kRequestBounds>::Totals totals;
  function.seconds.add_to(totals);
  return totals.count();
}

TEST(Metrics, CountARequestForItsFunctionOnly) {
  Metrics metrics(2);
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
    Metrics metrics(1);
    metrics.record(metrics.of(0), {.status = status});
    for (std::size_t i = 0; i < kStatusClasses.size(); ++i) {
      EXPECT_EQ(metrics.of(0).requests[i].value(), i == status_class ? 1U : 0U) << status;
    }
  }
}

TEST(Metrics, CountFaultsAndColdStartsByTheirReason) {
  Metrics metrics(1);
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

TEST(FaultTable, KnowsEachOfItsRows) {
  for (std::size_t i = 0; i < kFaultCount; ++i) EXPECT_EQ(index_of(info(static_cast<Fault>(i))), i);
}

}  // namespace
}  // namespace peko::edge
