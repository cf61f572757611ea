#include "node/store_view.hpp"

#include <gtest/gtest.h>

#include "code/deployment.hpp"
#include "code/memory_store.hpp"

namespace peko::node {
namespace {

using code::MemoryStore;

struct Rig {
  void put(std::string_view key, std::string_view bytes = "x") { ASSERT_TRUE(code::put_object(store, key, bytes)); }
  std::vector<std::string> routes() {
    view = look.look();
    std::vector<std::string> shown;
    if (view) {
      for (const code::RouteClaim& claim : view->routes) shown.push_back(claim.route + " " + claim.function);
    }
    return shown;
  }
  [[nodiscard]] std::size_t reads() const { return store.count(MemoryStore::Operation::Get); }

  MemoryStore store;
  code::LimitsMax maxima;
  StoreLook look{store, maxima};
  Result<StoreView> view = fail(Code::NotFound, "not looked yet");
};

TEST(StoreLook, ReadsNothingButListings) {
  Rig rig;
  for (int i = 0; i < 30; ++i) rig.put("functions/f" + std::to_string(i) + ".wasm");
  rig.put(code::pointer_key("deployed"));
  rig.put(code::route_key("api.example/v1/*", "deployed"), "");
  EXPECT_EQ(rig.routes(), std::vector<std::string>{"api.example/v1/* deployed"});
  EXPECT_EQ(rig.view->functions.size(), 31U);
  EXPECT_EQ(rig.reads(), 0U);
}

TEST(StoreLook, LeavesOutRoutesOfFunctionsThatAreNotDeployed) {
  Rig rig;
  rig.put("functions/dropped.wasm");
  rig.put(code::route_key("a.example/*", "nobody"), "");
  rig.put(code::route_key("b.example/*", "dropped"), "");
  EXPECT_TRUE(rig.routes().empty());
}

TEST(StoreLook, ReadsTheRoutesOfDroppedComponentsOncePerChange) {
  Rig rig;
  rig.put("functions/a.wasm");
  rig.put("functions/a.toml", "routes = [\"a.example/*\"]");
  EXPECT_EQ(rig.routes(), std::vector<std::string>{"a.example/* a"});
  EXPECT_EQ(rig.routes(), std::vector<std::string>{"a.example/* a"});
  EXPECT_EQ(rig.reads(), 1U);
  rig.put("functions/a.toml", "routes = [\"b.example/*\"]");
  EXPECT_EQ(rig.routes(), std::vector<std::string>{"b.example/* a"});
  EXPECT_EQ(rig.reads(), 2U);
}

TEST(StoreLook, KeepsTheRoutesThatSettingsHadWhenTheyBreak) {
  Rig rig;
  rig.put("functions/a.wasm");
  rig.put("functions/a.toml", "routes = [\"a.example/*\"]");
  rig.routes();
  rig.put("functions/a.toml", "routs = []");
  EXPECT_EQ(rig.routes(), std::vector<std::string>{"a.example/* a"});
  ASSERT_EQ(rig.view->problems.size(), 1U);
  EXPECT_TRUE(rig.view->problems[0].starts_with(rig.store.shown() + "/functions/a.toml:1:1: unknown key \"routs\""))
      << rig.view->problems[0];
}

TEST(StoreLook, TellsOfARouteThatTwoHave) {
  Rig rig;
  for (const char* name : {"a", "b"}) {
    rig.put(code::pointer_key(name));
    rig.put(code::route_key("x.example/*", name), "");
  }
  EXPECT_EQ(rig.routes().size(), 2U);
  ASSERT_EQ(rig.view->problems.size(), 1U);
  EXPECT_NE(rig.view->problems[0].find("x.example/* of b, which a has too"), std::string::npos)
      << rig.view->problems[0];
}

TEST(StoreLook, IsTheStoresErrorOrAllOfIt) {
  Rig rig;
  rig.put("functions/a.wasm");
  for (std::size_t skip = 0; skip < 2; ++skip) {
    rig.store.fail_calls(1, Code::Deadline, skip);
    rig.routes();
    ASSERT_FALSE(rig.view.has_value());
    EXPECT_EQ(rig.view.error().code, Code::Deadline);
  }
}

TEST(StoreView, IsRemembered) {
  Rig rig;
  rig.put("functions/a.wasm");
  rig.put("functions/a.toml", "routes = [\"a.example/*\"]");
  rig.put("functions/b.wasm");
  rig.put(code::pointer_key("c"));
  rig.routes();
  const Result<StoreView> again = read_view(write_view(*rig.view));
  ASSERT_TRUE(again.has_value()) << again.error().message;
  EXPECT_EQ(again->functions, rig.view->functions);
  EXPECT_EQ(again->routes, rig.view->routes);
  const std::size_t before = rig.reads();
  StoreLook fresh(rig.store, rig.maxima);
  fresh.begin_with(*again);
  EXPECT_EQ(fresh.look()->routes, rig.view->routes);
  EXPECT_EQ(rig.reads(), before) << "what has not changed is not read again";
}

TEST(StoreView, ThatIsDamagedIsRefused) {
  for (const char* text : {"", "{}", "[]", "{\"functions\":1,\"routes\":[]}", "{\"functions\":[[\"a\"]],\"routes\":[]}",
                           "{\"functions\":[[\"A B\",\"dropped\",\"e\"]],\"routes\":[]}",
                           "{\"functions\":[[\"b\",\"dropped\",\"e\"],[\"a\",\"dropped\",\"e\"]],\"routes\":[]}",
                           "{\"functions\":[[\"a\",\"dropped\",\"e\"],[\"a\",\"dropped\",\"e\"]],\"routes\":[]}",
                           "{\"functions\":[],\"routes\":[[\"x.example/*\",\"nobody\"]]}",
                           "{\"functions\":[[\"a\",\"dropped\",\"e\"]],\"routes\":[[\"//\",\"a\"]]}"}) {
    EXPECT_EQ(read_view(text).error().code, Code::Invalid) << text;
  }
}

}  // namespace
}  // namespace peko::node
