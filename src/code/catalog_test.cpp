#include "code/catalog.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "code/deployment.hpp"
#include "code/memory_store.hpp"

namespace peko::code {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

std::vector<std::string> names(const Catalog& catalog) {
  std::vector<std::string> result;
  for (const CatalogEntry& entry : catalog.functions) {
    result.push_back(entry.name + (entry.kind == CatalogEntry::Kind::Deployed ? " deployed" : " dropped") +
                     (entry.has_settings ? " with settings" : ""));
  }
  return result;
}

TEST(Catalog, ShowsDeployedAndDroppedFunctions) {
  MemoryStore store;
  for (const char* key : {"functions/a/current.json", "functions/a-b.wasm", "functions/a-b.toml", "functions/b.wasm",
                          "functions/a-b-c/current.json", "routes/x", "functionsx", "versions/a/1.json"}) {
    store.set(key, "x");
  }
  const auto catalog = read_catalog(store);
  ASSERT_TRUE(catalog.has_value());
  EXPECT_THAT(names(*catalog), ElementsAre("a deployed", "a-b dropped with settings", "a-b-c deployed", "b dropped"));
  EXPECT_THAT(catalog->problems, SizeIs(0));
}

TEST(Catalog, GivesAFunctionAnotherEtagWhenItsCodeOrItsSettingsChange) {
  MemoryStore store;
  const auto etag = [&store] { return read_catalog(store)->functions.at(0).etag; };
  store.set("functions/a.wasm", "1");
  const std::string first = etag();
  EXPECT_EQ(etag(), first);
  store.set("functions/a.toml", "");
  const std::string second = etag();
  EXPECT_NE(second, first);
  store.set("functions/a.toml", "");
  EXPECT_NE(etag(), second);
  store.erase("functions/a.toml");
  EXPECT_EQ(etag(), first);
}

TEST(Catalog, TellsWhatLiesThereInVain) {
  MemoryStore store;
  for (const char* key :
       {"functions/My_App.wasm", "functions/lonely.toml", "functions/a/current.json", "functions/a.wasm",
        "functions/a/old.json", "functions/b.wsm", "functions/b/c/current.json"}) {
    store.set(key, "x");
  }
  const auto catalog = read_catalog(store);
  ASSERT_TRUE(catalog.has_value());
  EXPECT_THAT(names(*catalog), ElementsAre("a deployed"));
  EXPECT_THAT(catalog->problems,
              ElementsAre(HasSubstr("functions/My_App.wasm is not used"), HasSubstr("functions/a/old.json is not used"),
                          HasSubstr("functions/b.wsm is not used"), HasSubstr("functions/b/c/current.json is not used"),
                          HasSubstr("functions/a.wasm and functions/a.toml are not used"),
                          HasSubstr("functions/lonely.toml has no component")));
}

TEST(Catalog, BoundsItsProblems) {
  MemoryStore store;
  for (int i = 0; i < 500; ++i) {
    store.set("functions/x" + std::to_string(i) + ".txt", "x");
  }
  EXPECT_THAT(read_catalog(store)->problems, SizeIs(100));
}

TEST(Catalog, ReadsThousandsOfFunctionsPageByPage) {
  MemoryStore store;
  for (int i = 0; i < 3000; ++i) {
    store.set(pointer_key("f" + std::to_string(i)), "x");
  }
  EXPECT_THAT(read_catalog(store)->functions, SizeIs(3000));
  EXPECT_EQ(store.count(MemoryStore::Operation::List), 3U);
  EXPECT_EQ(store.count(MemoryStore::Operation::Get), 0U);
}

TEST(Catalog, FailsWhenAPageFails) {
  MemoryStore store;
  for (int i = 0; i < 1500; ++i) {
    store.set(pointer_key("f" + std::to_string(i)), "x");
  }
  store.fail_calls(1, Code::Unavailable, 1);
  EXPECT_EQ(read_catalog(store).error().code, Code::Unavailable);
}

TEST(Catalog, ReadsClaimsOfRoutesAndLeavesOutTheRest) {
  MemoryStore store;
  store.set(route_key("b.example.com/*", "two"), "");
  store.set(route_key("a.example.com/v1/*", "one"), "");
  store.set(route_key("a.example.com/v1/*", "another"), "");
  for (const char* key : {"routes/x", "routes/a.example.com%2f/low", "routes/a.example.com/no-path", "routes/a%2F%2A/B",
                          "routes/A.b%2F/upper", "routes/a.b%2F/c/d", "routes/a.b%2F.peko%2Fx/reserved"}) {
    store.set(key, "");
  }
  const auto claims = read_routes(store);
  ASSERT_TRUE(claims.has_value());
  std::vector<std::string> shown;
  for (const RouteClaim& claim : *claims) {
    shown.push_back(claim.route + " " + claim.function);
  }
  EXPECT_THAT(shown, ElementsAre("a.example.com/v1/* another", "a.example.com/v1/* one", "b.example.com/* two"));
}

}  // namespace
}  // namespace peko::code
