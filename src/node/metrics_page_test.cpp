#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <deque>
#include <utility>

#include "base/fake_clock.hpp"
#include "node/fake_function_board.hpp"
#include "node/node_view.hpp"

namespace peko::node {
namespace {

using namespace std::chrono_literals;

// A node of two lanes with functions that could not be loaded: their numbers are shown all the same.
struct Rig {
  explicit Rig(std::size_t functions) {
    for (std::size_t i = 0; i < functions; ++i) {
      FunctionView& function = board.views.emplace_back();
      function.target = i;
      function.name = "f" + std::to_string(i);
      function.state = FunctionView::State::Failed;
      function.error = i == 2 ? "PEKO-COMPONENT: too large" : "it is \"broken\"";
    }
    for (int i = 0; i < 2; ++i) {
      view.lanes.push_back({.requests = requests.emplace_back(), .stats = stats.emplace_back()});
    }
  }
  ~Rig() { log->stop(); }

  std::string page(Phase phase = Phase::Ready) { return metrics_page(view, phase, *log); }
  // The value of a sample, given as it stands on the page; empty when there is none.
  std::string value(const std::string& series) {
    const std::string text = page();
    const std::size_t at = text.find("\n" + series + " ");
    if (at == std::string::npos) return "";
    const std::size_t from = at + series.size() + 2;
    return text.substr(from, text.find('\n', from) - from);
  }

  FakeClock clock;
  std::unique_ptr<LogSink> log = LogSink::start(STDERR_FILENO, {}, clock);
  FakeFunctionBoard board;
  std::deque<edge::Metrics> requests;
  std::deque<LaneStats> stats;
  NodeView view{.version = "1.2.3", .engine = "e", .board = &board};
};

TEST(MetricsPage, AddsTheLanesUp) {
  Rig rig(2);
  rig.requests[0].record(rig.requests[0].of(1), {.status = 200, .wall = 2ms, .cpu = 1500us});
  rig.requests[1].record(rig.requests[1].of(1), {.status = 204, .wall = 3ms, .cpu = 500us});
  rig.stats[0].connections.set(3);
  rig.stats[1].connections.set(4);
  rig.requests[0].of(1).warm.set(5);
  EXPECT_EQ(rig.value("peko_requests_total{function=\"f1\",status_class=\"2xx\"}"), "2");
  EXPECT_EQ(rig.value("peko_request_seconds_sum{function=\"f1\"}"), "0.005");
  EXPECT_EQ(rig.value("peko_request_seconds_bucket{function=\"f1\",le=\"0.001\"}"), "0");
  EXPECT_EQ(rig.value("peko_request_seconds_bucket{function=\"f1\",le=\"0.0025\"}"), "1");
  EXPECT_EQ(rig.value("peko_request_seconds_bucket{function=\"f1\",le=\"+Inf\"}"), "2");
  EXPECT_EQ(rig.value("peko_guest_cpu_seconds_total{function=\"f1\"}"), "0.002");
  EXPECT_EQ(rig.value("peko_connections"), "7");
  EXPECT_EQ(rig.page().find("\"f0\""), std::string::npos) << "a function that nobody asks costs no series";
}

TEST(MetricsPage, AddsTheStoresOfAFunctionUp) {
  Rig rig(0);
  EXPECT_EQ(rig.page().find("peko_keyvalue"), std::string::npos) << "a node that keeps nothing says nothing of it";
  keyvalue::UsageTable usages;
  rig.view.key_value = &usages;
  usages.of("f", "default").count(keyvalue::Op::Set);
  usages.of("f", "more").count(keyvalue::Op::Set);
  usages.of("f", "more").count(keyvalue::Op::ListByRow);
  usages.of("g", "default").count(keyvalue::Op::Get);
  usages.of("f", "more").count_error(Code::Overloaded);
  usages.of("f", "more").set_bytes(4096);
  usages.of("f", "more").set_quota(1U << 20);
  EXPECT_EQ(rig.value("peko_keyvalue_operations_total{function=\"f\",operation=\"set\"}"), "2");
  EXPECT_EQ(rig.value("peko_keyvalue_operations_total{function=\"f\",operation=\"list\"}"), "1");
  EXPECT_EQ(rig.value("peko_keyvalue_operations_total{function=\"g\",operation=\"get\"}"), "1");
  EXPECT_EQ(rig.value("peko_keyvalue_operations_total{function=\"g\",operation=\"set\"}"), "");
  EXPECT_EQ(rig.value("peko_keyvalue_errors_total{function=\"f\",code=\"overloaded\"}"), "1");
  EXPECT_EQ(rig.value("peko_keyvalue_bytes{function=\"f\",store=\"more\"}"), "4096");
  EXPECT_EQ(rig.value("peko_keyvalue_quota_bytes{function=\"f\",store=\"more\"}"), "1048576");
}

TEST(MetricsPage, NamesFaultsByCodeAndLimitsBySetting) {
  Rig rig(1);
  edge::Metrics& lane = rig.requests[0];
  for (const edge::Fault fault : {edge::Fault::Cpu, edge::Fault::Cpu, edge::Fault::Trap, edge::Fault::Overloaded}) {
    lane.record(lane.of(0), {.status = 500, .fault = &edge::info(fault)});
  }
  for (const edge::Fault fault : {edge::Fault::BadRequest, edge::Fault::HeadTimeout, edge::Fault::NoFunction}) {
    lane.record(lane.nobody(), {.status = 400, .fault = &edge::info(fault)});
  }
  lane.record(lane.of(0), {.status = 200, .log_cut = true});
  EXPECT_EQ(rig.value("peko_faults_total{function=\"f0\",code=\"PEKO-CPU\"}"), "2");
  EXPECT_EQ(rig.value("peko_faults_total{function=\"f0\",code=\"PEKO-TRAP\"}"), "1");
  EXPECT_EQ(rig.value("peko_faults_total{function=\"\",code=\"PEKO-BAD-REQUEST\"}"), "2") << "two faults, one code";
  EXPECT_EQ(rig.value("peko_faults_total{function=\"\",code=\"PEKO-NO-FUNCTION\"}"), "1");
  EXPECT_EQ(rig.value("peko_limit_hits_total{function=\"f0\",limit=\"cpu_ms\"}"), "2");
  EXPECT_EQ(rig.value("peko_limit_hits_total{function=\"f0\",limit=\"log_kb\"}"), "1");
  EXPECT_EQ(rig.value("peko_unavailable_total"), "1");
  EXPECT_EQ(unavailable_total(rig.view), 1U);
}

TEST(MetricsPage, ShowsColdStartsAndLag) {
  Rig rig(1);
  edge::Metrics& lane = rig.requests[1];
  lane.record(lane.of(0), {.status = 200, .cold = pool::ColdReason::ScaleOut, .instantiate = 80us});
  rig.stats[1].lag.late.observe(30ms);
  rig.stats[1].lag.longest_turn_ns.set(12'000'000);
  EXPECT_EQ(rig.value("peko_cold_starts_total{function=\"f0\",reason=\"scale-out\"}"), "1");
  EXPECT_EQ(rig.value("peko_cold_start_seconds_bucket{phase=\"instantiate\",le=\"0.0001\"}"), "1");
  EXPECT_EQ(rig.value("peko_loop_lag_seconds_bucket{le=\"0.025\"}"), "0");
  EXPECT_EQ(rig.value("peko_loop_lag_seconds_bucket{le=\"0.05\"}"), "1");
  EXPECT_EQ(rig.value("peko_loop_longest_turn_seconds{loop=\"1\"}"), "0.012");
}

TEST(MetricsPage, KnowsItsProcessAndItsState) {
  Rig rig(3);
  EXPECT_GE(rig.value("peko_memory_bytes{kind=\"resident\"}").size(), std::string_view("1000000").size());
  EXPECT_EQ(rig.value("peko_ready"), "1");
  EXPECT_EQ(rig.value("peko_functions{state=\"failed\"}"), "3");
  EXPECT_EQ(rig.value("peko_limit_hits_total{function=\"f2\",limit=\"component_mb\"}"), "1");
  EXPECT_EQ(rig.value("peko_build_info{version=\"1.2.3\",engine=\"e\"}"), "1");
  EXPECT_NE(rig.page(Phase::Draining).find("\npeko_ready 0\n"), std::string::npos);
}

TEST(MetricsPage, ShowsTheStoreWhenThereIsOne) {
  Rig rig(1);
  EXPECT_EQ(rig.page().find("peko_store"), std::string::npos);
  StoreStats store;
  rig.view.store = &store;
  EXPECT_EQ(rig.value("peko_store_up"), "0");
  store.set_up(true);
  store.count_error(Code::Unavailable);
  store.count_refused(Refused::Artifact);
  store.count_failed_load();
  EXPECT_EQ(rig.value("peko_store_up"), "1");
  EXPECT_EQ(rig.value("peko_store_errors_total{code=\"" + std::string(to_string(Code::Unavailable)) + "\"}"), "1");
  EXPECT_EQ(rig.value("peko_store_refused_total{kind=\"artifact\"}"), "1");
  EXPECT_EQ(rig.value("peko_load_failures_total"), "1");
  EXPECT_EQ(store.refused_total(), 1U);
}

TEST(MetricsPage, HasNoSeriesOfWhatNobodyHasAskedFor) {
  Rig rig(1);
  rig.board.views[0].state = FunctionView::State::NotLoaded;
  EXPECT_EQ(rig.page().find("\"f0\""), std::string::npos);
  EXPECT_EQ(rig.value("peko_functions{state=\"not-loaded\"}"), "1");
  rig.requests[0].record(rig.requests[0].of(0), {.status = 200});
  EXPECT_EQ(rig.value("peko_requests_total{function=\"f0\",status_class=\"2xx\"}"), "1") << "it was unloaded since";
}

}  // namespace
}  // namespace peko::node
