#include "node/resolver.hpp"

#include <gtest/gtest.h>

#include "code/memory_store.hpp"
#include "code/node_key.hpp"
#include "code/publisher.hpp"
#include "code/test_folder.hpp"

namespace peko::node {
namespace {

using code::CatalogEntry;

struct Rig {
  Rig() {
    Result<code::NodeKey> key = code::NodeKey::open(folder.path() / "key");
    Result<code::LocalCache> opened = code::LocalCache::open(folder.path() / "cache", 64U << 20U, std::move(*key));
    cache.emplace(std::move(*opened));
  }

  CatalogEntry listed(std::string_view name) {
    const Result<code::Catalog> catalog = code::read_catalog(store);
    for (const CatalogEntry& entry : catalog->functions) {
      if (entry.name == name) return entry;
    }
    return {};
  }
  void deploy(std::string_view component) {
    code::Function settings;
    settings.name = "todo";
    settings.environment = {{"GREETING", "hello"}};
    const auto published = code::Publisher(store, clock).deploy({.settings = settings, .component = component}, {});
    ASSERT_TRUE(published) << published.error().message;
  }

  SystemClock clock;
  code::TestFolder folder;
  code::MemoryStore store;
  code::LimitsMax maxima;
  std::optional<code::LocalCache> cache;
};

TEST(Resolver, ReadsAFunctionAndRemembersIt) {
  Rig rig;
  rig.deploy(std::string("\0asm\x0d\0\x01\0 one", 12));
  Resolver resolver(rig.store, &*rig.cache, rig.maxima);
  EXPECT_FALSE(resolver.recall("todo").has_value());
  const Result<Resolved> fetched = resolver.fetch(rig.listed("todo"));
  ASSERT_TRUE(fetched) << fetched.error().message;
  const std::optional<Resolved> remembered = Resolver(rig.store, &*rig.cache, rig.maxima).recall("todo");
  ASSERT_TRUE(remembered.has_value());
  for (const Resolved* resolved : {&*fetched, &*remembered}) {
    EXPECT_EQ(resolved->source, rig.listed("todo"));
    EXPECT_EQ(resolved->deployment.revision, 1U);
    ASSERT_EQ(resolved->records.size(), 1U);
    EXPECT_EQ(resolved->records[0].number, 1U);
    EXPECT_EQ(resolved->records[0].component, sha256(std::string("\0asm\x0d\0\x01\0 one", 12)));
    EXPECT_EQ(resolved->records[0].settings.environment.at(0).second, "hello");
  }
}

TEST(Resolver, ReadsADroppedComponentWithItsSettings) {
  Rig rig;
  ASSERT_TRUE(code::put_object(rig.store, "functions/a.wasm", "component"));
  ASSERT_TRUE(code::put_object(rig.store, "functions/a.toml", "[limits]\ncpu_ms = 7\n"));
  Resolver resolver(rig.store, &*rig.cache, rig.maxima);
  const Result<Resolved> fetched = resolver.fetch(rig.listed("a"));
  ASSERT_TRUE(fetched) << fetched.error().message;
  EXPECT_EQ(fetched->component, "component");
  const std::optional<Resolved> remembered = resolver.recall("a");
  ASSERT_TRUE(remembered.has_value());
  EXPECT_EQ(remembered->source, rig.listed("a"));
  EXPECT_EQ(remembered->component, "");
  for (const Resolved* resolved : {&*fetched, &*remembered}) {
    EXPECT_EQ(resolved->records.at(0).component, sha256("component"));
    EXPECT_EQ(resolved->records.at(0).component_size, 9U);
    EXPECT_EQ(resolved->records.at(0).settings.limits.cpu, std::chrono::milliseconds(7));
    EXPECT_EQ(resolved->deployment.versions.at(0).version, 0U);
  }
}

TEST(Resolver, RefusesAComponentThatIsTooLarge) {
  Rig rig;
  ASSERT_TRUE(code::put_object(rig.store, "functions/a.wasm", std::string((1U << 20U) + 1, 'x')));
  ASSERT_TRUE(code::put_object(rig.store, "functions/a.toml", "[limits]\ncomponent_mb = 1\n"));
  const Result<Resolved> fetched = Resolver(rig.store, nullptr, rig.maxima).fetch(rig.listed("a"));
  ASSERT_FALSE(fetched.has_value());
  EXPECT_TRUE(fetched.error().message.starts_with("PEKO-COMPONENT: functions/a.wasm has 1.0 MiB, more than the 1 MiB"))
      << fetched.error().message;
}

TEST(Resolver, NamesTheObjectThatCannotBeRead) {
  Rig rig;
  rig.deploy(std::string("\0asm\x0d\0\x01\0", 8));
  const CatalogEntry listed = rig.listed("todo");
  Resolver resolver(rig.store, nullptr, rig.maxima);
  for (const std::string& key : {code::version_key("todo", 1), code::pointer_key("todo")}) {
    ASSERT_TRUE(code::put_object(rig.store, key, "garbage"));
    const Result<Resolved> fetched = resolver.fetch(listed);
    ASSERT_FALSE(fetched.has_value());
    EXPECT_EQ(fetched.error().code, Code::Invalid);
    EXPECT_NE(fetched.error().message.find(key), std::string::npos) << fetched.error().message;
  }
}

TEST(Resolver, TellsAMissingVersionFromAMissingFunction) {
  Rig rig;
  rig.deploy(std::string("\0asm\x0d\0\x01\0", 8));
  const CatalogEntry listed = rig.listed("todo");
  Resolver resolver(rig.store, nullptr, rig.maxima);
  EXPECT_EQ(resolver.fetch_version("todo", 7).error().code, Code::NotFound);
  ASSERT_TRUE(rig.store.remove(code::version_key("todo", 1)));
  EXPECT_EQ(resolver.fetch(listed).error().code, Code::Invalid) << "the pointer names it";
  ASSERT_TRUE(rig.store.remove(code::pointer_key("todo")));
  EXPECT_EQ(resolver.fetch(listed).error().code, Code::NotFound);
}

TEST(Resolved, ThatIsDamagedIsRefused) {
  for (const char* text :
       {"", "{}", "1", "{\"etag\":\"e\",\"texts\":[]}", "{\"etag\":\"e\",\"texts\":[1]}",
        "{\"etag\":\"e\",\"dropped\":true,\"component\":\"00\",\"component_size\":1,\"texts\":[\"\"]}",
        "{\"etag\":\"e\",\"dropped\":true,\"texts\":[\"\"]}"}) {
    EXPECT_FALSE(read_resolved(text, "todo", {}).has_value()) << text;
  }
}

}  // namespace
}  // namespace peko::node
