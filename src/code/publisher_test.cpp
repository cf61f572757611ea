#include "code/publisher.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "code/script_file.hpp"
#include "code/test_release.hpp"

namespace peko::code {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class PublisherTest : public testing::Test, protected TestStore {};

TEST_F(PublisherTest, DeploysRollsBackAndKeepsTheHistory) {
  const auto first = deploy("hello", "code 1");
  ASSERT_TRUE(first.has_value()) << first.error().message;
  EXPECT_EQ(first->version, 1U);
  EXPECT_TRUE(first->component_sent);
  EXPECT_EQ(first->deployment.etag, publisher.current("hello")->etag);
  ASSERT_TRUE(deploy("hello", "code 2").has_value());
  EXPECT_EQ(current("hello"), "r2 v2:100");
  const auto back = publisher.rollback("hello", {}, {.author = "bob", .message = "broken"});
  ASSERT_TRUE(back.has_value()) << back.error().message;
  EXPECT_EQ(back->version, 1U);
  EXPECT_EQ(current("hello"), "r3 v1:100");
  EXPECT_EQ(deploy("hello", "code 3")->version, 3U);

  const auto deployment = publisher.current("hello");
  ASSERT_EQ(deployment->history.size(), 4U);
  EXPECT_EQ(deployment->history[1].author, "bob");
  EXPECT_EQ(deployment->history[1].message, "broken");
  EXPECT_EQ(deployment->history[1].versions[0].version, 1U);
  const auto versions = publisher.versions("hello");
  ASSERT_EQ(versions->records.size(), 3U);
  EXPECT_EQ(versions->records[0].number, 3U);
  EXPECT_EQ(versions->records[2].component, sha256("code 1"));
  EXPECT_EQ(store.bytes(component_key(sha256("code 2"))), "code 2");
}

TEST_F(PublisherTest, SendsNothingTwice) {
  ASSERT_TRUE(deploy("hello", "code").has_value());
  EXPECT_FALSE(deploy("hello", "code")->component_sent);
  EXPECT_FALSE(deploy("other", "code")->component_sent);
  clock.advance(std::chrono::hours(100));
  EXPECT_FALSE(deploy("hello", "code")->component_sent) << "it serves";
}

TEST_F(PublisherTest, SendsAgainWhatIsTornOrWhatACollectionMayBeAboutToRemove) {
  ASSERT_TRUE(deploy("hello", "code").has_value());
  store.set(component_key(sha256("code")), "co");
  EXPECT_TRUE(deploy("hello", "code")->component_sent);
  EXPECT_EQ(store.bytes(component_key(sha256("code"))), "code");
  ASSERT_TRUE(deploy("hello", "code 2").has_value());
  clock.advance(std::chrono::hours(1));
  EXPECT_TRUE(deploy("hello", "code")->component_sent);
}

TEST_F(PublisherTest, DeploysScriptsAsTheirBundles) {
  Release script = release("site", "bundle");
  script.settings.script = "/home/ann/site/src/index.ts";
  ASSERT_TRUE(publisher.deploy(script, {}).has_value());
  EXPECT_EQ(store.bytes("scripts/" + hex(sha256("bundle")) + ".js"), "bundle");
  EXPECT_EQ(store.bytes(component_key(sha256("bundle"))), std::nullopt);
  EXPECT_FALSE(publisher.deploy(script, {})->component_sent);
  ASSERT_TRUE(deploy("site", "component").has_value());
  ASSERT_TRUE(publisher.rollback("site", 1, {}).has_value());
  EXPECT_THAT(*store.bytes(version_key("site", 1)), Not(HasSubstr("/home/ann"))) << "no path of somebody's machine";
  const std::string large(kBundleBytesMax + 1, ' ');
  script.component = large;
  EXPECT_EQ(publisher.deploy(script, {}).error().code, Code::Invalid);
}

TEST_F(PublisherTest, TellsItsProgress) {
  const std::string code(300'000, 'x');
  std::vector<std::uint64_t> seen;
  const auto published = publisher.deploy(release("hello", code), {}, [&](std::uint64_t sent, std::uint64_t all) {
    EXPECT_EQ(all, code.size());
    seen.push_back(sent);
  });
  ASSERT_TRUE(published.has_value());
  EXPECT_TRUE(std::ranges::is_sorted(seen));
  EXPECT_EQ(seen.back(), code.size());
}

TEST_F(PublisherTest, LetsACanaryServeBesideTheOthersUntilADeployTakesAll) {
  ASSERT_TRUE(deploy("hello", "1").has_value());
  ASSERT_TRUE(deploy("hello", "2", {}, 10).has_value());
  EXPECT_EQ(current("hello"), "r2 v1:90 v2:10");
  ASSERT_TRUE(publisher.rollback("hello", {}, {}).has_value());
  EXPECT_EQ(current("hello"), "r3 v1:100");
  ASSERT_TRUE(deploy("hello", "3", {}, 50).has_value());
  ASSERT_TRUE(publisher.rollback("hello", 3, {}).has_value());
  EXPECT_EQ(current("hello"), "r5 v3:100");
  for (const char* code : {"4", "5", "6"}) {
    ASSERT_TRUE(deploy("hello", code, {}, 10).has_value());
  }
  EXPECT_EQ(deploy("hello", "7", {}, 10).error().code, Code::Invalid);
  EXPECT_FALSE(store.bytes(component_key(sha256("7"))).has_value()) << "nothing is sent in vain";
  EXPECT_EQ(deploy("hello", "7")->version, 7U);
  EXPECT_EQ(current("hello"), "r9 v7:100");
}

TEST_F(PublisherTest, RollsBackToNothingThatIsNotThere) {
  EXPECT_EQ(publisher.rollback("hello", {}, {}).error().code, Code::NotFound);
  ASSERT_TRUE(deploy("hello", "1").has_value());
  EXPECT_THAT(publisher.rollback("hello", {}, {}).error().message, HasSubstr("no earlier version"));
  EXPECT_THAT(publisher.rollback("hello", 7, {}).error().message, HasSubstr("\"hello\" has no version v7"));
  ASSERT_TRUE(publisher.rollback("hello", 1, {}).has_value());
  EXPECT_EQ(current("hello"), "r1 v1:100") << "nothing has changed";
  ASSERT_TRUE(deploy("hello", "2").has_value());
  store.erase(component_key(sha256("1")));
  EXPECT_THAT(publisher.rollback("hello", 1, {}).error().message, HasSubstr("v1 of \"hello\": its code is gone"));
  store.set(component_key(sha256("1")), "12");
  EXPECT_THAT(publisher.rollback("hello", 1, {}).error().message, HasSubstr("its code is damaged"));
  store.set(version_key("hello", 1), "{");
  EXPECT_THAT(publisher.rollback("hello", 1, {}).error().message, HasSubstr("versions/hello/1.json: it is no JSON"));
  EXPECT_EQ(current("hello"), "r2 v2:100");
}

TEST_F(PublisherTest, ShowsTheVersionsBesideADamagedOne) {
  ASSERT_TRUE(deploy("hello", "1").has_value());
  ASSERT_TRUE(deploy("hello", "2").has_value());
  store.set(version_key("hello", 1), "{}");
  const auto versions = publisher.versions("hello");
  ASSERT_TRUE(versions.has_value());
  ASSERT_EQ(versions->records.size(), 1U);
  ASSERT_EQ(versions->problems.size(), 1U);
  EXPECT_THAT(versions->problems[0].message, HasSubstr("versions/hello/1.json"));
  EXPECT_TRUE(deploy("hello", "3").has_value());
}

TEST_F(PublisherTest, DoesNotReplaceAPointerThatItCannotRead) {
  store.set(pointer_key("hello"), "{\"format\":2}");
  EXPECT_EQ(deploy("hello", "1").error().code, Code::Unsupported);
  EXPECT_EQ(publisher.remove("hello", {}).error().code, Code::Unsupported);
  EXPECT_EQ(store.bytes(pointer_key("hello")), "{\"format\":2}");
}

TEST_F(PublisherTest, RefusesWhatNoNodeCouldServe) {
  EXPECT_EQ(deploy("Hello", "1").error().code, Code::Invalid);
  EXPECT_EQ(deploy("hello", "").error().code, Code::Invalid);
  Release large = release("hello", "12");
  large.settings.component_bytes_max = 1;
  EXPECT_EQ(publisher.deploy(large, {}).error().code, Code::Invalid);
  Release binary = release("hello", "1");
  binary.settings.environment = {{"A", "\xff"}};
  EXPECT_THAT(publisher.deploy(binary, {}).error().message, HasSubstr("\"A\" is not UTF-8"));
  EXPECT_THAT(deploy("hello", "1", {"a.example.com/" + std::string(300, 'x')}).error().message, HasSubstr("too long"));
  EXPECT_EQ(publisher.deploy(release("hello", "1"), {.author = "a", .message = std::string(2000, 'x')}).error().code,
            Code::Invalid);
  EXPECT_EQ(current("hello"), "not found");
}

TEST_F(PublisherTest, SetsAndRemovesSecretsOfAFunctionThatNeedsNoVersionYet) {
  ASSERT_TRUE(publisher.set_secret("hello", "KEY", "sealed", {}).has_value());
  EXPECT_EQ(current("hello"), "r1");
  ASSERT_TRUE(deploy("hello", "1").has_value());
  ASSERT_TRUE(publisher.set_secret("hello", "A", "other", {}).has_value());
  ASSERT_TRUE(publisher.set_secret("hello", "KEY", "again", {}).has_value());
  EXPECT_EQ(current("hello"), "r4 v1:100");
  EXPECT_THAT(publisher.current("hello")->secrets, ElementsAre(std::pair<std::string, std::string>("A", "other"),
                                                               std::pair<std::string, std::string>("KEY", "again")));
  ASSERT_TRUE(publisher.set_secret("hello", "KEY", {}, {}).has_value());
  EXPECT_EQ(publisher.set_secret("hello", "KEY", {}, {}).error().code, Code::NotFound);
  EXPECT_EQ(publisher.set_secret("hello", "A=B", "x", {}).error().code, Code::Invalid);
  EXPECT_EQ(publisher.set_secret("hello", "B", std::string(100'000, 'x'), {}).error().code, Code::Invalid);
}

TEST_F(PublisherTest, TakesAFunctionOutOfServiceAndBack) {
  EXPECT_EQ(publisher.remove("hello", {}).error().code, Code::NotFound);
  ASSERT_TRUE(deploy("hello", "1", {"a.example.com/*"}).has_value());
  ASSERT_TRUE(publisher.set_secret("hello", "KEY", "sealed", {}).has_value());
  ASSERT_TRUE(publisher.remove("hello", {.author = "bob", .message = "removed"}).has_value());
  EXPECT_EQ(current("hello"), "r3");
  EXPECT_THAT(keys("routes/"), IsEmpty());
  EXPECT_EQ(publisher.remove("hello", {}).error().code, Code::NotFound);
  ASSERT_TRUE(publisher.rollback("hello", {}, {}).has_value());
  EXPECT_EQ(current("hello"), "r4 v1:100");
  EXPECT_EQ(publisher.current("hello")->secrets.size(), 1U);
  EXPECT_THAT(keys("routes/"), ElementsAre(route_key("a.example.com/*", "hello")));
}

TEST_F(PublisherTest, RemovesADroppedFunctionWithItsSettings) {
  store.set("functions/hello.wasm", "code");
  store.set("functions/hello.toml", "");
  store.set("functions/hello-2.wasm", "code");
  ASSERT_TRUE(publisher.remove("hello", {}).has_value());
  EXPECT_THAT(keys(""), ElementsAre("functions/hello-2.wasm"));
}

TEST_F(PublisherTest, ClaimsTheRoutesOfWhatServesAndNoOthers) {
  const auto claims = [this] { return keys("routes/"); };
  const auto key = [](std::string_view route) { return route_key(route, "hello"); };
  ASSERT_TRUE(deploy("hello", "1", {"a.example.com/*"}).has_value());
  ASSERT_TRUE(deploy("hello", "2", {"b.example.com/*"}, 10).has_value());
  EXPECT_THAT(claims(), ElementsAre(key("a.example.com/*"), key("b.example.com/*")));
  ASSERT_TRUE(publisher.rollback("hello", 2, {}).has_value());
  EXPECT_THAT(claims(), ElementsAre(key("b.example.com/*")));
  store.erase(key("b.example.com/*"));
  ASSERT_TRUE(deploy("hello", "3", {"b.example.com/*"}).has_value());
  EXPECT_THAT(claims(), ElementsAre(key("b.example.com/*"))) << "what somebody removed is put back";
  ASSERT_TRUE(deploy("hello", "4").has_value());
  EXPECT_THAT(claims(), IsEmpty());
}

TEST_F(PublisherTest, LeavesARouteToTheFunctionThatHasIt) {
  ASSERT_TRUE(deploy("one", "1", {"a.example.com/*"}).has_value());
  const auto second = deploy("two", "2", {"b.example.com/*", "a.example.com/*"});
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, Code::Conflict);
  EXPECT_THAT(second.error().message, HasSubstr("the function \"one\" has the route \"a.example.com/*\""));
  EXPECT_EQ(current("two"), "not found");
  EXPECT_THAT(keys("routes/"), ElementsAre(route_key("a.example.com/*", "one")));
  EXPECT_THAT(keys("versions/two"), IsEmpty());
  ASSERT_TRUE(deploy("one", "1").has_value());
  EXPECT_TRUE(deploy("two", "2", {"a.example.com/*"}).has_value());
  EXPECT_EQ(publisher.rollback("one", 1, {}).error().code, Code::Conflict);
}

TEST_F(PublisherTest, LeavesARouteToADeployThatIsUnderWayButNotToOneThatWasCutOff) {
  store.set(route_key("a.example.com/*", "one"), "");
  EXPECT_THAT(deploy("two", "2", {"a.example.com/*"}).error().message, HasSubstr("\"one\" is being deployed"));
  clock.advance(std::chrono::minutes(11));
  EXPECT_TRUE(deploy("two", "2", {"a.example.com/*"}).has_value());
}

TEST_F(PublisherTest, TellsTheLoserWhoWasFaster) {
  ASSERT_TRUE(deploy("hello", "1").has_value());
  bool overtaken = false;
  store.before_each([&](const MemoryStore::Call& call) -> Status {
    if (call.operation == MemoryStore::Operation::Put && call.key == pointer_key("hello") && !overtaken) {
      overtaken = true;
      EXPECT_TRUE(publisher.deploy(release("hello", "3"), {.author = "bob@desk", .message = "urgent"}).has_value());
    }
    return {};
  });
  const auto lost = deploy("hello", "2");
  ASSERT_FALSE(lost.has_value());
  EXPECT_EQ(lost.error().code, Code::Conflict);
  EXPECT_THAT(
      lost.error().message,
      HasSubstr("bob@desk changed \"hello\" meanwhile: v3 since 2026-01-01T00:00:00.000Z (revision 2: urgent)"));
  EXPECT_EQ(current("hello"), "r2 v3:100");
  EXPECT_THAT(keys("versions/"), ElementsAre("versions/hello/1.json", "versions/hello/3.json"));
  EXPECT_EQ(deploy("hello", "2")->version, 4U);
}

}  // namespace
}  // namespace peko::code
