#include "node/registry.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <latch>
#include <mutex>
#include <thread>

#include "base/clock.hpp"
#include "code/memory_store.hpp"
#include "node/fake_lanes.hpp"

namespace peko::node {
namespace {

using namespace std::chrono_literals;
using code::CatalogEntry;

// Loads whatever is listed: a version whose `fault` is the etag. What it is told to do instead stands in `behaviour`.
class FakeLoader final : public FunctionLoader {
 public:
  std::expected<Loaded, Obstacle> load(const CatalogEntry& listed, const Loaded& serving, Reach reach) override {
    loads++;
    if (behaviour) {
      if (auto obstacle = behaviour(listed, reach)) return std::unexpected(*obstacle);
    }
    auto loaded = std::make_shared<LoadedFunction>();
    loaded->source = listed;
    loaded->revision = 1;
    if (!serves_nothing) {
      pool::Version version;
      version.function = listed.name;
      version.fault = listed.etag;
      auto deployed = std::make_shared<edge::Deployed>();
      deployed->versions.push_back({.version = std::make_shared<const pool::Version>(std::move(version))});
      loaded->deployed = std::move(deployed);
    }
    (void)serving;
    return loaded;
  }
  std::expected<Version, Obstacle> load_version(const CatalogEntry&, const Loaded&, code::VersionNumber number,
                                                Reach) override {
    if (number > 9) return std::unexpected(Obstacle{.error = {Code::NotFound, "no such version"}});
    return std::make_shared<const pool::Version>();
  }
  void afterwards(const LoadedFunction&) override {}

  std::function<std::optional<Obstacle>(const CatalogEntry&, Reach)> behaviour;
  std::atomic<bool> serves_nothing = false;
  std::atomic<int> loads = 0;
};

struct Rig {
  explicit Rig(std::size_t loaded_max = 100) {
    registry.emplace(
        RegistryParts{.store = store,
                      .cache = nullptr,
                      .maxima = maxima,
                      .loader = loader,
                      .stats = stats,
                      .log = *log,
                      .clock = clock},
        RegistryOptions{
            .domain = "localhost", .default_function = "", .check_interval = 5ms, .loaded_max = loaded_max});
  }
  ~Rig() {
    store.release();
    EXPECT_TRUE(registry->stop(20s));
    log->stop();
  }
  void start() {
    const Status started = registry->start(20s);
    ASSERT_TRUE(started) << started.error().message;
    registry->attach(lanes);
  }
  // A component dropped in; returns its etag.
  std::string drop(const std::string& name, std::string_view bytes = "x") {
    return code::put_object(store, "functions/" + name + ".wasm", bytes)->etag;
  }
  // Waits for a look that begins from here on, and for its loads.
  Refreshed refresh() {
    std::latch done(1);
    Refreshed result;
    registry->refresh([&](Refreshed refreshed) {
      result = std::move(refreshed);
      done.count_down();
    });
    done.wait();
    return result;
  }

  SystemClock clock;
  std::unique_ptr<LogSink> log = LogSink::start(STDERR_FILENO, {}, clock);
  code::MemoryStore store;
  code::LimitsMax maxima;
  StoreStats stats;
  FakeLoader loader;
  FakeLanes lanes;
  std::optional<Registry> registry;
};

TEST(Registry, LoadsAFunctionOnceHoweverManyAskForIt) {
  std::latch go_on(1);  // threads of the rig wait for it
  Rig rig;
  const std::string etag = rig.drop("a");
  rig.start();
  EXPECT_TRUE(rig.lanes.leads_to("a.localhost"));
  EXPECT_EQ(rig.loader.loads, 0) << "nothing is loaded before somebody asks";
  rig.loader.behaviour = [&](const CatalogEntry&, Reach) -> std::optional<Obstacle> {
    go_on.wait();
    return std::nullopt;
  };
  for (int i = 0; i < 10; ++i) rig.registry->want(0);
  go_on.count_down();
  EXPECT_TRUE(rig.lanes.told("deploy 0 " + etag));
  EXPECT_EQ(rig.loader.loads, 1);
}

TEST(Registry, SwapsWhatHasChangedInTheBackground) {
  Rig rig;
  const std::string first = rig.drop("a");
  rig.start();
  rig.registry->want(0);
  ASSERT_TRUE(rig.lanes.told("deploy 0 " + first));
  const std::string second = rig.drop("a", "y");
  EXPECT_TRUE(rig.lanes.told("deploy 0 " + second));
}

TEST(Registry, LetsTheOldOneServeWhenTheNewOneCannotBeLoaded) {
  Rig rig;
  const std::string first = rig.drop("a");
  rig.start();
  rig.registry->want(0);
  ASSERT_TRUE(rig.lanes.told("deploy 0 " + first));
  rig.loader.behaviour = [first](const CatalogEntry& listed, Reach) -> std::optional<Obstacle> {
    if (listed.etag == first) return std::nullopt;
    return Obstacle{.error = {Code::Invalid, "it is broken"}};
  };
  rig.drop("a", "y");
  EXPECT_EQ(rig.refresh().failed, std::vector<std::string>{"a"});
  const auto view = rig.registry->function("a");
  ASSERT_TRUE(view.has_value());
  EXPECT_EQ(view->state, FunctionView::State::Loaded);
  EXPECT_EQ(view->error, "it is broken");
  EXPECT_EQ(rig.lanes.count("unload 0"), 0U);
  EXPECT_GE(rig.stats.failed_loads(), 1U);
}

TEST(Registry, RemovesWhatTheStoreNoLongerHas) {
  Rig rig;
  const std::string etag = rig.drop("a");
  rig.drop("b");
  rig.start();
  rig.registry->want(0);
  ASSERT_TRUE(rig.lanes.told("deploy 0 " + etag));
  ASSERT_TRUE(rig.store.remove("functions/a.wasm"));
  EXPECT_TRUE(rig.lanes.told("unload 0"));
  EXPECT_FALSE(rig.lanes.leads_to("a.localhost"));
  EXPECT_TRUE(rig.lanes.leads_to("b.localhost"));
  rig.registry->want(0);
  EXPECT_TRUE(rig.lanes.told("fail 0 PEKO-NO-FUNCTION "));
}

TEST(Registry, TakesAPointerWithoutVersionsForARemoval) {
  Rig rig;
  rig.drop("a");
  rig.start();
  rig.loader.serves_nothing = true;
  rig.registry->want(0);
  EXPECT_TRUE(rig.lanes.told("fail 0 PEKO-NO-FUNCTION "));
  EXPECT_FALSE(rig.registry->function("a").has_value());
}

TEST(Registry, NeverTakesAnErrorForARemoval) {
  Rig rig;
  const std::string etag = rig.drop("a");
  rig.start();
  rig.registry->want(0);
  ASSERT_TRUE(rig.lanes.told("deploy 0 " + etag));
  rig.store.fail_calls(code::MemoryStore::kForEver, Code::Unavailable);
  const Refreshed refreshed = rig.refresh();
  ASSERT_TRUE(refreshed.error.has_value());
  EXPECT_EQ(refreshed.error->code, Code::Unavailable);
  EXPECT_FALSE(rig.stats.up());
  EXPECT_TRUE(rig.lanes.leads_to("a.localhost"));
  rig.store.fail_calls(0, Code::Unavailable);
  EXPECT_FALSE(rig.refresh().error.has_value());
  EXPECT_TRUE(rig.stats.up());
  EXPECT_EQ(rig.lanes.count("unload 0"), 0U);
}

TEST(Registry, GoesFromTheCacheToTheStoreToTheCompiler) {
  Rig rig;
  const std::string etag = rig.drop("a");
  rig.start();
  std::vector<Reach> seen;
  rig.loader.behaviour = [&](const CatalogEntry&, Reach reach) -> std::optional<Obstacle> {
    seen.push_back(reach);
    if (reach == Reach::Cache) return Obstacle{.kind = Obstacle::Kind::NeedsStore, .error = {}};
    if (reach == Reach::Store) return Obstacle{.kind = Obstacle::Kind::NeedsCompiler, .error = {}};
    return std::nullopt;
  };
  rig.registry->want(0);
  EXPECT_TRUE(rig.lanes.told("deploy 0 " + etag));
  EXPECT_EQ(seen, (std::vector<Reach>{Reach::Cache, Reach::Store, Reach::Compiler}));
}

TEST(Registry, LoadsWhatIsCachedWhileOthersHangInTheStore) {
  std::latch go_on(1);  // threads of the rig wait for it
  Rig rig;
  const std::string etag = rig.drop("a");
  for (int i = 0; i < 40; ++i) rig.drop("slow" + std::to_string(i));
  rig.start();
  rig.loader.behaviour = [&](const CatalogEntry& listed, Reach reach) -> std::optional<Obstacle> {
    if (listed.name == "a") return std::nullopt;
    if (reach == Reach::Cache) return Obstacle{.kind = Obstacle::Kind::NeedsStore, .error = {}};
    go_on.wait();
    return std::nullopt;
  };
  for (Registry::Target target = 1; target <= 40; ++target) rig.registry->want(target);
  rig.registry->want(0);
  EXPECT_TRUE(rig.lanes.told("deploy 0 " + etag));
  go_on.count_down();
}

TEST(Registry, AnswersAtOnceForAWhileWhatCouldNotBeLoaded) {
  Rig rig;
  rig.drop("a");
  rig.start();
  rig.loader.behaviour = [](const CatalogEntry&, Reach) {
    return std::optional(Obstacle{.error = {Code::Invalid, "it is broken"}});
  };
  rig.registry->want(0);
  ASSERT_TRUE(rig.lanes.told("fail 0 PEKO-BAD-COMPONENT it is broken"));
  rig.registry->want(0);
  ASSERT_TRUE(rig.lanes.told("fail 0 PEKO-BAD-COMPONENT it is broken"));
  EXPECT_EQ(rig.loader.loads, 1);
}

TEST(Registry, UnloadsWhatIsUnusedForLongestWhenThereAreTooMany) {
  Rig rig(2);
  std::vector<std::string> etags;
  for (const char* name : {"a", "b", "c"}) etags.push_back(rig.drop(name));
  rig.start();
  for (Registry::Target target = 0; target < 2; ++target) {
    rig.registry->want(target);
    ASSERT_TRUE(rig.lanes.told("deploy " + std::to_string(target) + " " + etags[target]));
  }
  rig.store.hang();  // a look that the store holds up hides from nobody who is in use
  rig.store.wait_until_hung();
  rig.lanes.busy = 0;
  rig.registry->want(2);
  EXPECT_TRUE(rig.lanes.told("unload 1"));
  EXPECT_EQ(rig.registry->functions().at(0).state, FunctionView::State::Loaded);
  EXPECT_EQ(rig.registry->functions().at(1).state, FunctionView::State::NotLoaded);
}

TEST(Registry, BelievesAnEmptyStoreTheSecondTime) {
  Rig rig;
  rig.drop("a");
  rig.start();
  std::atomic<int> pages = 0;
  std::atomic<int> pages_when_gone = 0;
  rig.store.before_each([&](const code::MemoryStore::Call& call) -> Status {
    if (call.operation != code::MemoryStore::Operation::List || call.key != "functions/") return {};
    ++pages;
    if (pages_when_gone == 0 && !rig.lanes.leads_to("a.localhost")) pages_when_gone = pages.load();
    return {};
  });
  ASSERT_TRUE(rig.store.remove("functions/a.wasm"));
  const int before = pages;
  while (pages_when_gone == 0) rig.refresh();
  EXPECT_GE(pages_when_gone - before, 2) << "the third look at the earliest finds it gone";
}

TEST(Registry, LoadsPreviewsAndSaysWhichDoNotExist) {
  Rig rig;
  ASSERT_TRUE(code::put_object(rig.store, "functions/a/current.json", "{}"));
  rig.start();
  rig.registry->want_preview(0, 3);
  EXPECT_TRUE(rig.lanes.told("preview 0 3"));
  rig.registry->want_preview(0, 12);
  EXPECT_TRUE(rig.lanes.told("no preview 0 12 PEKO-NO-FUNCTION"));
}

TEST(Registry, DoesNotStartWithoutAStoreThatItHasNeverSeen) {
  Rig rig;
  rig.store.fail_calls(code::MemoryStore::kForEver, Code::Denied);
  const Status started = rig.registry->start(20s);
  ASSERT_FALSE(started.has_value());
  EXPECT_EQ(started.error().code, Code::Denied);
}

TEST(Registry, EndsWithoutTheStoreThatHangs) {
  Rig rig;
  rig.drop("a");
  rig.start();
  rig.store.hang();
  rig.store.wait_until_hung();
  EXPECT_FALSE(rig.registry->stop(1ms));
}

}  // namespace
}  // namespace peko::node
