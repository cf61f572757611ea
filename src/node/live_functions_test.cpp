#include "node/live_functions.hpp"

#include <gtest/gtest.h>

#include "node/fake_lanes.hpp"

namespace peko::node {
namespace {

code::Function named(std::string_view name, std::vector<std::string> routes = {}) {
  code::Function function;
  function.name = name;
  function.routes = std::move(routes);
  return function;
}

struct Rig {
  Rig() { live.attach(lanes); }

  LiveFunctionsParts parts() {
    return {.load = [this](const code::Function&) -> Result<ComponentLoader::FromFile> {
              if (broken) return fail(Code::Invalid, "is broken\nhere");
              return ComponentLoader::FromFile{};
            },
            .prepare = [this](const code::Function& function) { prepared.push_back(function.name); },
            .forget = [this](const std::string& function) { forgotten.push_back(function); },
            .clock = clock,
            .domain = "localhost",
            .default_function = by_default,
            .compilers = 1};
  }
  [[nodiscard]] std::string error(std::string_view name) {
    const auto view = live.board().function(name);
    return view ? view->error : "unknown";
  }

  std::string by_default;
  bool broken = false;
  std::vector<std::string> prepared;
  std::vector<std::string> forgotten;
  SystemClock clock;
  FakeLanes lanes;
  LiveFunctions live{parts()};
};

TEST(LiveFunctions, AnswerFromThePutOn) {
  Rig rig;
  EXPECT_FALSE(rig.lanes.leads_to("a.localhost"));
  ASSERT_TRUE(rig.live.put(named("a", {"example.com/*"})));
  EXPECT_TRUE(rig.lanes.told("deploy 0 "));
  ASSERT_TRUE(rig.live.put(named("b")));
  EXPECT_TRUE(rig.lanes.told("deploy 1 "));
  EXPECT_TRUE(rig.lanes.leads_to("a.localhost"));
  EXPECT_TRUE(rig.lanes.leads_to("example.com"));
  EXPECT_FALSE(rig.lanes.leads_to("else.localhost"));
}

TEST(LiveFunctions, LetRequestsWaitForWhatIsExpected) {
  Rig rig;
  rig.live.expect(named("a"));
  EXPECT_TRUE(rig.lanes.leads_to("a.localhost"));
  rig.live.source()->want(0);
  EXPECT_EQ(rig.lanes.count("fail 0 PEKO-NO-FUNCTION "), 0U);
  EXPECT_EQ(rig.live.board().function("a")->state, FunctionView::State::Loading);
  ASSERT_TRUE(rig.live.put(named("a")));
  EXPECT_TRUE(rig.lanes.told("deploy 0 "));
}

TEST(LiveFunctions, SayThatTheirFirstBuildFailed) {
  Rig rig;
  rig.live.expect(named("a"));
  rig.live.fail(named("a"), "error: expected `;`\nmore");
  EXPECT_TRUE(rig.lanes.told("fail 0 PEKO-BUILD error: expected `;`"));
  EXPECT_EQ(rig.error("a"), "error: expected `;`\nmore");
  rig.live.source()->want(0);
  EXPECT_TRUE(rig.lanes.told("fail 0 PEKO-BUILD error: expected `;`")) << "whoever asks again is told again";
  rig.live.expect(named("a"));
  EXPECT_TRUE(rig.lanes.told("unload 0")) << "and waits while it is built again";
}

TEST(LiveFunctions, GoOnServingWhateverFailsAfterwards) {
  Rig rig;
  ASSERT_TRUE(rig.live.put(named("a", {"one.example/*"})));
  ASSERT_TRUE(rig.live.put(named("other"))) << "so that none answers for all hosts";
  rig.live.expect(named("a", {"two.example/*"}));
  rig.live.fail(named("a", {"two.example/*"}), "no");
  rig.broken = true;
  EXPECT_FALSE(rig.live.put(named("a", {"two.example/*"})));
  EXPECT_EQ(rig.error("a"), "is broken\nhere");
  EXPECT_EQ(rig.lanes.count("fail 0 PEKO-BUILD no"), 0U);
  EXPECT_EQ(rig.lanes.count("fail 0 PEKO-BAD-COMPONENT is broken"), 0U);
  EXPECT_EQ(rig.lanes.count("unload 0"), 0U);
  EXPECT_TRUE(rig.lanes.leads_to("one.example")) << "its routes too";
  EXPECT_FALSE(rig.lanes.leads_to("two.example"));
  rig.broken = false;
  ASSERT_TRUE(rig.live.put(named("a", {"two.example/*"})));
  EXPECT_EQ(rig.error("a"), "");
  EXPECT_FALSE(rig.lanes.leads_to("one.example"));
  EXPECT_TRUE(rig.lanes.leads_to("two.example"));
}

TEST(LiveFunctions, TakeARouteFromTheOneThatHadIt) {
  Rig rig;
  ASSERT_TRUE(rig.live.put(named("a", {"shop.example/*", "a.example/*"})));
  ASSERT_TRUE(rig.live.put(named("b")));
  const auto target_of = [&](std::string_view host) { return rig.live.router()->find(host, "/")->function; };
  ASSERT_EQ(target_of("shop.example"), 0U);
  ASSERT_TRUE(rig.live.put(named("b", {"shop.example/*"})));
  EXPECT_EQ(target_of("shop.example"), 1U) << "a's next state, without the route, may never be built";
  EXPECT_EQ(target_of("a.example"), 0U);
  ASSERT_TRUE(rig.live.put(named("a", {"shop.example/*"})));
  EXPECT_EQ(target_of("shop.example"), 0U);
}

TEST(LiveFunctions, SayWhyTheyCannotBeLoaded) {
  Rig rig;
  rig.broken = true;
  EXPECT_FALSE(rig.live.put(named("a")));
  EXPECT_TRUE(rig.lanes.told("fail 0 PEKO-BAD-COMPONENT is broken"));
}

TEST(LiveFunctions, GoAndComeBack) {
  Rig rig;
  ASSERT_TRUE(rig.live.put(named("a")));
  ASSERT_TRUE(rig.live.put(named("b")));
  rig.live.remove("a");
  rig.live.remove("nobody");
  EXPECT_EQ(rig.forgotten, std::vector<std::string>{"a"});
  EXPECT_TRUE(rig.lanes.told("unload 0"));
  EXPECT_FALSE(rig.live.board().function("a"));
  EXPECT_EQ(rig.live.board().functions().size(), 1U);
  ASSERT_TRUE(rig.live.put(named("a")));
  EXPECT_TRUE(rig.lanes.told("deploy 0 ")) << "by its old number";
}

TEST(LiveFunctions, TheOnlyOneAnswersForAllHosts) {
  Rig rig;
  ASSERT_TRUE(rig.live.put(named("a")));
  EXPECT_EQ(rig.live.default_function(), "a");
  EXPECT_TRUE(rig.lanes.leads_to("127.0.0.1"));
  ASSERT_TRUE(rig.live.put(named("b")));
  EXPECT_EQ(rig.live.default_function(), "");
  EXPECT_FALSE(rig.lanes.leads_to("127.0.0.1"));
  rig.live.remove("a");
  EXPECT_EQ(rig.live.default_function(), "b");
}

TEST(LiveFunctions, ANamedDefaultStays) {
  Rig rig;
  rig.by_default = "b";
  LiveFunctions live(rig.parts());
  live.attach(rig.lanes);
  ASSERT_TRUE(live.put(named("a")));
  EXPECT_FALSE(rig.lanes.leads_to("127.0.0.1"));
  ASSERT_TRUE(live.put(named("b")));
  EXPECT_TRUE(rig.lanes.leads_to("127.0.0.1"));
}

TEST(LiveFunctions, HaveNoPreviews) {
  Rig rig;
  ASSERT_TRUE(rig.live.put(named("a")));
  rig.live.source()->want_preview(0, 7);
  EXPECT_TRUE(rig.lanes.told("no preview 0 7 PEKO-NO-FUNCTION"));
}

TEST(LiveFunctions, TellNothingAfterTheEnd) {
  Rig rig;
  EXPECT_TRUE(rig.live.stop());
  ASSERT_TRUE(rig.live.put(named("a")));
  rig.live.remove("a");
  EXPECT_EQ(rig.lanes.count("deploy 0 "), 0U);
  EXPECT_EQ(rig.lanes.count("unload 0"), 0U);
}

}  // namespace
}  // namespace peko::node
