#include "node/function_answers.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "node/fake_function_board.hpp"

namespace peko::node {
namespace {

using namespace std::chrono_literals;

struct Rig {
  explicit Rig(std::size_t functions) {
    for (std::size_t i = 0; i < functions; ++i) {
      FunctionView& function = board.views.emplace_back();
      function.target = i;
      function.name = "f" + std::to_string(i);
      function.state = FunctionView::State::Loaded;
    }
    view.board = &board;
    for (int i = 0; i < 2; ++i) {
      view.lanes.push_back({.requests = requests.emplace_back(), .stats = stats.emplace_back()});
    }
  }

  boost::json::value list(std::string_view query = "") {
    return boost::json::parse(function_list(view, recent, function_query(query).value()));
  }
  std::vector<std::string> names(std::string_view query) {
    std::vector<std::string> all;
    for (const boost::json::value& one : list(query).at("functions").as_array()) {
      all.emplace_back(std::string_view(one.at("name").as_string()));
    }
    return all;
  }

  FakeFunctionBoard board;
  std::deque<edge::Metrics> requests;
  std::deque<LaneStats> stats;
  NodeView view{.version = "1.2.3", .engine = "e"};
  NodeStatus status{{.version = "1.2.3"}};
  std::unique_ptr<net::Loop> loop = net::Loop::create().value();
  RecentCounts recent{*loop, status};
};

TEST(FunctionList, ShowsWhatServes) {
  Rig rig(2);
  FunctionView& function = rig.board.views[1];
  function.revision = 7;
  function.versions = {{12, 90}, {11, 10}};
  const boost::json::value list = rig.list("name=f1");
  ASSERT_EQ(list.at("functions").as_array().size(), 1U);
  const boost::json::value& shown = list.at("functions").as_array().at(0);
  EXPECT_EQ(shown.at("state"), "loaded");
  EXPECT_EQ(shown.at("revision"), 7);
  EXPECT_EQ(boost::json::serialize(shown.at("versions")),
            R"([{"version":"v12","weight":90},{"version":"v11","weight":10}])");
  EXPECT_FALSE(shown.as_object().contains("error"));
  EXPECT_FALSE(shown.as_object().contains("p50_ms")) << "nobody has asked it";
  EXPECT_EQ(function_list(rig.view, rig.recent, function_query("name=nobody").value()), "{\"functions\":[]}\n");
}

TEST(FunctionList, SaysWhyAFunctionIsNotThere) {
  Rig rig(1);
  rig.board.views[0].state = FunctionView::State::Failed;
  rig.board.views[0].error = "it is \"broken\"";
  rig.requests[0].record(rig.requests[0].of(0), {.status = 500});
  const boost::json::value function = rig.list().at("functions").as_array().at(0);
  EXPECT_EQ(function.at("name"), "f0");
  EXPECT_EQ(function.at("state"), "failed");
  EXPECT_EQ(function.at("error"), "it is \"broken\"");
  EXPECT_EQ(function.at("requests"), 1);
  EXPECT_EQ(function.at("errors"), 1);
  EXPECT_EQ(function.at("errors_lately"), 1);
}

TEST(FunctionList, FindsSortsAndPages) {
  Rig rig(30);
  for (int i = 0; i < 3; i++) rig.requests[0].record(rig.requests[0].of(7), {.status = 200});
  rig.requests[1].record(rig.requests[1].of(8), {.status = 503});
  EXPECT_EQ(rig.names("q=f2&limit=3"), (std::vector<std::string>{"f2", "f20", "f21"}));
  EXPECT_EQ(rig.names("q=f2&limit=3&offset=9"), (std::vector<std::string>{"f28", "f29"}));
  EXPECT_TRUE(rig.names("offset=100").empty());
  EXPECT_EQ(rig.names("sort=requests&limit=2"), (std::vector<std::string>{"f7", "f8"}));
  EXPECT_EQ(rig.names("sort=errors&limit=2"), (std::vector<std::string>{"f8", "f7"}));
  EXPECT_EQ(rig.names("sort=recent&limit=2"), (std::vector<std::string>{"f8", "f7"}));
  rig.board.views[3].state = FunctionView::State::Failed;
  EXPECT_EQ(rig.names("sort=recent&limit=1"), std::vector<std::string>{"f3"});
  const boost::json::value list = rig.list("q=f1&limit=2");
  EXPECT_EQ(list.at("matching"), 11);
  EXPECT_EQ(list.at("total"), 30);
  EXPECT_EQ(list.at("node").at("version"), "1.2.3");
}

TEST(FunctionList, EstimatesTimesFromTheHistogram) {
  Rig rig(1);
  for (int i = 0; i < 98; i++) rig.requests[0].record(rig.requests[0].of(0), {.status = 200, .wall = 2ms});
  for (int i = 0; i < 2; i++) rig.requests[1].record(rig.requests[1].of(0), {.status = 200, .wall = 60s});
  const boost::json::value function = rig.list().at("functions").as_array().at(0);
  EXPECT_GT(function.at("p50_ms").to_number<double>(), 1);
  EXPECT_LT(function.at("p50_ms").to_number<double>(), 2.5);
  EXPECT_EQ(function.at("p99_ms").to_number<double>(), 15'000) << "beyond the last bound it is that";
}

TEST(RecentCounts, ForgetWhatIsLongAgo) {
  Rig rig(2);
  rig.status.ready(rig.view);
  rig.requests[0].record(rig.requests[0].of(1), {.status = 500});
  for (std::size_t i = 0; i < RecentCounts::kSteps; i++) {
    EXPECT_EQ(rig.recent.lately(rig.view, 1).errors, 1U);
    rig.recent.note();
  }
  EXPECT_EQ(rig.recent.lately(rig.view, 1).errors, 0U);
  rig.requests[1].record(rig.requests[1].of(1), {.status = 200});
  EXPECT_EQ(rig.recent.lately(rig.view, 1).requests, 1U);
  for (std::size_t i = 0; i < RecentCounts::kSteps; i++) rig.recent.note();
  EXPECT_EQ(rig.recent.lately(rig.view, 1).requests, 0U);
  EXPECT_EQ(rig.recent.lately(rig.view, 100).requests, 0U) << "a function that was added since";
}

TEST(FunctionPage, AddsTheLoopsUp) {
  Rig rig(1);
  rig.requests[0].record(rig.requests[0].of(0), {.status = 500, .fault = &edge::info(edge::Fault::Trap)});
  rig.requests[1].record(rig.requests[1].of(0), {.status = 200, .cold = pool::ColdReason::First});
  const VersionPart here{.number = 12, .weight = 100, .counts = {.warm = 1, .running = 2}};
  const VersionPart there{.number = 12, .weight = 100, .counts = {.warm = 3, .running = 4}};
  const boost::json::value page =
      boost::json::parse(function_page(rig.view, rig.recent, rig.board.views[0], {{here}, {there}}));
  ASSERT_EQ(page.at("instances").as_array().size(), 1U);
  EXPECT_EQ(page.at("instances").at(0).at("version"), "v12");
  EXPECT_EQ(page.at("instances").at(0).at("idle"), 4);
  EXPECT_EQ(page.at("instances").at(0).at("running"), 6);
  EXPECT_EQ(boost::json::serialize(page.at("faults")), R"({"PEKO-TRAP":1})");
  EXPECT_EQ(boost::json::serialize(page.at("cold_starts")), R"({"first":1})");
}

}  // namespace
}  // namespace peko::node
