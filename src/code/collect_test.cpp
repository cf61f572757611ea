#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "code/test_release.hpp"
#include "engine/script_engine.hpp"

namespace peko::code {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Not;
using testing::UnorderedElementsAre;

constexpr std::chrono::seconds kGrace = std::chrono::hours(1);
constexpr auto kRemove = Publisher::Collect::Remove;

std::string code_key(std::string_view code) { return component_key(sha256(code)); }

class CollectTest : public testing::Test, protected TestStore {
 protected:
  void deploy_all(std::string_view name, const std::vector<std::string>& codes) {
    for (const std::string& code : codes) {
      ASSERT_TRUE(deploy(name, code).has_value());
    }
  }
  Publisher::Collected collect(std::size_t keep, Publisher::Collect how = kRemove) {
    auto collected = publisher.collect(keep, kGrace, how);
    EXPECT_TRUE(collected.has_value()) << collected.error().message;
    return collected ? std::move(*collected) : Publisher::Collected();
  }
};

TEST_F(CollectTest, KeepsTheNewestVersionsAndTheirCode) {
  deploy_all("hello", {"1", "2", "3", "4"});
  store.set(artifact_key("engine", sha256("1")), "machine code");
  store.set(artifact_key("engine", sha256("4")), "machine code");
  clock.advance(kGrace * 2);
  const auto before = keys("");
  const auto would = collect(2, Publisher::Collect::DryRun);
  EXPECT_EQ(keys(""), before);
  const auto did = collect(2);
  EXPECT_EQ(did.keys, would.keys);
  EXPECT_EQ(did.bytes, would.bytes);
  EXPECT_THAT(did.keys, UnorderedElementsAre("versions/hello/1.json", "versions/hello/2.json", code_key("1"),
                                             code_key("2"), artifact_key("engine", sha256("1"))));
  EXPECT_THAT(keys("versions/"), ElementsAre("versions/hello/3.json", "versions/hello/4.json"));
  EXPECT_THAT(keys("components/"), UnorderedElementsAre(code_key("3"), code_key("4")));
  EXPECT_THAT(collect(2).keys, IsEmpty());
}

TEST_F(CollectTest, KeepsTheSourceMapsOfWhatItKeeps) {
  for (const char* bundle : {"1", "2", "3"}) {
    const std::string map = std::string("map of ") + bundle;
    Release script = release("site", bundle);
    script.settings.script = "index.ts";
    script.source_map = map;
    ASSERT_TRUE(publisher.deploy(script, {}).has_value());
  }
  clock.advance(kGrace * 2);
  collect(1);
  const auto kept = keys("scripts/");
  EXPECT_THAT(kept, Not(Contains(source_map_key(sha256("map of 1")))));
  EXPECT_THAT(kept, IsSupersetOf({source_map_key(sha256("map of 2")), source_map_key(sha256("map of 3"))}));
}

TEST_F(CollectTest, KeepsTheMachineCodeOfTheScriptEngine) {
  const std::string key = artifact_key("engine", engine::script_engine_hash());
  store.set(key, "machine code");
  clock.advance(kGrace * 2);
  collect(1);
  EXPECT_THAT(keys("artifacts/"), ElementsAre(key));
}

TEST_F(CollectTest, TakesScriptsThatNothingNeeds) {
  for (const char* bundle : {"1", "2", "3"}) {
    Release script = release("site", bundle);
    script.settings.script = "index.ts";
    ASSERT_TRUE(publisher.deploy(script, {}).has_value());
  }
  clock.advance(kGrace * 2);
  collect(0);
  EXPECT_THAT(keys("scripts/"),
              UnorderedElementsAre(code_key(CodeKind::Script, sha256("2")), code_key(CodeKind::Script, sha256("3"))));
}

TEST_F(CollectTest, NeverTakesTheCurrentVersionOrTheOneBefore) {
  deploy_all("hello", {"1", "2", "3", "4", "5"});
  ASSERT_TRUE(publisher.rollback("hello", 1, {}).has_value());
  ASSERT_TRUE(publisher.rollback("hello", 2, {}).has_value());
  clock.advance(kGrace * 2);
  collect(0);
  EXPECT_THAT(keys("versions/"),
              ElementsAre("versions/hello/1.json", "versions/hello/2.json", "versions/hello/5.json"));
  EXPECT_TRUE(publisher.rollback("hello", {}, {}).has_value());
  EXPECT_EQ(deploy("hello", "6")->version, 6U) << "numbers are not given twice";
}

TEST_F(CollectTest, LeavesYoungCodeAndVersionsWhoseDeployIsUnderWay) {
  deploy_all("hello", {"1", "2", "3"});
  store.set(version_key("hello", 4), *store.bytes(version_key("hello", 3)));
  store.set(version_key("hello", 9), *store.bytes(version_key("hello", 3)));
  store.set(code_key("being sent"), "being sent");
  EXPECT_THAT(collect(1).keys, ElementsAre("versions/hello/1.json"));
  clock.advance(kGrace * 2);
  EXPECT_THAT(collect(1).keys, UnorderedElementsAre("versions/hello/4.json", code_key("being sent"), code_key("1")));
}

TEST_F(CollectTest, KeepsCodeThatAnotherFunctionNeeds) {
  deploy_all("one", {"shared", "1", "2", "3"});
  deploy_all("two", {"shared"});
  clock.advance(kGrace * 2);
  collect(1);
  EXPECT_THAT(keys("components/"), UnorderedElementsAre(code_key("shared"), code_key("2"), code_key("3")));
}

TEST_F(CollectTest, TakesARemovedFunctionWhenItsTimeIsOver) {
  ASSERT_TRUE(deploy("hello", "1", {"a.example.com/*"}).has_value());
  ASSERT_TRUE(publisher.set_secret("only", "KEY", "sealed", {}).has_value());
  clock.advance(kGrace * 2);
  ASSERT_TRUE(publisher.remove("hello", {}).has_value());
  EXPECT_THAT(collect(1).keys, IsEmpty());
  clock.advance(kGrace * 2);
  collect(1);
  EXPECT_THAT(keys(""), ElementsAre(pointer_key("only")));
  EXPECT_EQ(deploy("hello", "1")->version, 1U);
}

TEST_F(CollectTest, TakesWhatIsLeftOfAFunctionWhosePointerIsGone) {
  deploy_all("hello", {"1"});
  store.erase(pointer_key("hello"));
  EXPECT_THAT(collect(5).keys, IsEmpty());
  clock.advance(kGrace * 2);
  collect(5);
  EXPECT_THAT(keys(""), IsEmpty());
}

TEST_F(CollectTest, TakesOldClaimsOfRoutesThatNobodyHas) {
  ASSERT_TRUE(deploy("hello", "1", {"a.example.com/*"}).has_value());
  store.set(route_key("b.example.com/*", "hello"), "");
  store.set(route_key("b.example.com/*", "nobody"), "");
  EXPECT_THAT(collect(1).keys, IsEmpty());
  clock.advance(kGrace * 2);
  collect(1);
  EXPECT_THAT(keys("routes/"), ElementsAre(route_key("a.example.com/*", "hello")));
}

TEST_F(CollectTest, LeavesWhatItDoesNotUnderstand) {
  deploy_all("hello", {"1", "2", "3"});
  const std::vector<std::string> strange = {
      "components/readme.txt", "components/" + std::string(64, 'a') + ".bak", "artifacts/x", "other/x", "routes/x",
      "versions/hello/01.json"};
  for (const std::string& key : strange) {
    store.set(key, "x");
  }
  store.set(pointer_key("hello"), "damaged");
  clock.advance(kGrace * 2);
  EXPECT_THAT(collect(1).keys, IsEmpty());
  store.set(version_key("hello", 1), "{\"format\":2}");
  EXPECT_EQ(publisher.collect(1, kGrace, kRemove).error().code, Code::Unsupported);
}

TEST_F(CollectTest, StopsAtAnErrorOfTheStoreAndTakesNothingThatIsNeeded) {
  for (std::size_t at = 0;; ++at) {
    SCOPED_TRACE(at);
    ASSERT_LT(at, 200U);
    TestStore test;
    for (const char* code : {"1", "2", "3", "4"}) {
      ASSERT_TRUE(test.deploy("hello", code).has_value());
    }
    test.clock.advance(kGrace * 2);
    test.store.forget_calls();
    test.store.fail_calls(1, Code::Unavailable, at);
    const auto collected = test.publisher.collect(2, kGrace, kRemove);
    test.store.fail_calls(0, Code::Unavailable);
    EXPECT_THAT(test.store.keys(), Contains("versions/hello/3.json"));
    EXPECT_THAT(test.store.keys(), Contains(code_key("3")));
    EXPECT_EQ(test.current("hello"), "r4 v4:100");
    if (test.store.calls().size() <= at) {
      EXPECT_TRUE(collected.has_value());
      return;
    }
    ASSERT_TRUE(test.publisher.collect(2, kGrace, kRemove).has_value());
    EXPECT_THAT(test.store.keys(), Not(Contains(code_key("1"))));
  }
}

// A collection that has listed the versions before this one was claimed takes what only this one needs.
TEST_F(CollectTest, NeverTakesTheSourceMapOfADeployThatRunsMeanwhile) {
  Release script = release("site", "bundle");
  script.settings.script = "index.ts";
  script.source_map = "the map";
  const std::string map = source_map_key(sha256("the map"));
  bool taken = false;
  store.before_each([&](const MemoryStore::Call& call) -> Status {
    if (!taken && call.key == "versions/site/1.json") {
      taken = true;
      return store.remove(map);
    }
    return {};
  });
  ASSERT_TRUE(publisher.deploy(script, {}).has_value());
  store.before_each({});
  EXPECT_TRUE(taken);
  EXPECT_THAT(keys("scripts/"), Contains(map));
}

TEST_F(CollectTest, NeverBreaksARollbackThatRunsMeanwhile) {
  for (std::size_t at = 0;; ++at) {
    SCOPED_TRACE(at);
    ASSERT_LT(at, 200U);
    TestStore test;
    for (const char* code : {"1", "2", "3", "4"}) {
      ASSERT_TRUE(test.deploy("hello", code).has_value());
    }
    test.clock.advance(kGrace * 2);
    std::size_t calls = 0;
    bool inside = false;
    bool went_back = false;
    test.store.before_each([&](const MemoryStore::Call&) -> Status {
      if (!inside && calls++ == at) {
        inside = true;
        went_back = test.publisher.rollback("hello", 1, {}).has_value();
        inside = false;
      }
      return {};
    });
    ASSERT_TRUE(test.publisher.collect(1, kGrace, kRemove).has_value());
    test.store.before_each({});
    if (calls <= at) {
      return;
    }
    if (went_back) {
      EXPECT_THAT(test.store.keys(), Contains("versions/hello/1.json"));
      EXPECT_THAT(test.store.keys(), Contains(code_key("1")));
    } else {
      EXPECT_EQ(test.current("hello"), "r4 v4:100");
    }
  }
}

}  // namespace
}  // namespace peko::code
