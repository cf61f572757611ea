// What becomes of a store when a deployer dies, or loses an answer, at any of its calls.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "code/catalog.hpp"
#include "code/route_claims.hpp"
#include "code/test_release.hpp"

namespace peko::code {
namespace {

using testing::Contains;

constexpr std::size_t kCallsMax = 200;

/// What a reader may rely on at any time: what the pointer names is there, with its code and its routes.
void expect_consistent(TestStore& test, std::string_view function) {
  const auto deployment = test.publisher.current(function);
  if (!deployment) {
    EXPECT_EQ(deployment.error().code, Code::NotFound) << deployment.error().message;
    return;
  }
  const auto versions = test.publisher.versions(function);
  ASSERT_TRUE(versions.has_value());
  EXPECT_TRUE(versions->problems.empty());
  for (const WeightedVersion& one : deployment->versions) {
    const auto record = std::ranges::find(versions->records, one.version, &VersionRecord::number);
    ASSERT_NE(record, versions->records.end());
    const auto code = test.store.bytes(component_key(record->component));
    ASSERT_TRUE(code.has_value());
    EXPECT_EQ(sha256(*code), record->component);
    for (const std::string& route : record->settings.routes) {
      EXPECT_THAT(test.store.keys(), Contains(route_key(route, function)));
    }
  }
  EXPECT_EQ(deployment->history.size(), deployment->revision);
}

/// Runs `change` on a fresh store once for each of its calls, which fails at `moment`, alone or with all that follow.
/// Afterwards `change` works when it is done again.
void fail_each_call(MemoryStore::Moment moment, std::size_t count, const std::function<void(TestStore&)>& prepare,
                    const std::function<Result<Published>(TestStore&)>& change, std::uint64_t revision) {
  for (std::size_t at = 0; at < kCallsMax; ++at) {
    SCOPED_TRACE(at);
    TestStore test;
    prepare(test);
    test.store.forget_calls();
    test.store.fail_calls(count, Code::Unavailable, at, moment);
    const auto published = change(test);
    test.store.fail_calls(0, Code::Unavailable);
    if (test.store.calls().size() <= at) {
      ASSERT_TRUE(published.has_value()) << published.error().message;
      EXPECT_GT(at, 1U);
      return;
    }
    expect_consistent(test, "hello");
    const auto now = test.publisher.current("hello");
    if (published) {
      EXPECT_EQ(now->revision, revision);
    }
    // What was cut off does not stand in the way; what happened without an answer has happened once.
    const std::uint64_t before = now ? now->revision : 0;
    EXPECT_LE(before, revision);
    const auto again = change(test);
    ASSERT_TRUE(again.has_value()) << again.error().message;
    expect_consistent(test, "hello");
    EXPECT_EQ(again->deployment.revision, before + 1);
  }
  FAIL() << "it never ends";
}

Result<Published> deploy_second(TestStore& test) {
  return test.deploy("hello", "2", {"a.example.com/*", "c.example.com/"});
}
void deploy_first(TestStore& test) { ASSERT_TRUE(test.deploy("hello", "1", {"a.example.com/*", "b.example.com/"})); }

struct Trouble {
  MemoryStore::Moment moment;
  std::size_t count;
};
class PublisherCrash : public testing::TestWithParam<Trouble> {};

TEST_P(PublisherCrash, LeavesAConsistentStoreAtAnyCallOfTheFirstDeploy) {
  fail_each_call(GetParam().moment, GetParam().count, [](TestStore&) {}, deploy_second, 1);
}

TEST_P(PublisherCrash, LeavesAConsistentStoreAtAnyCallOfALaterDeploy) {
  fail_each_call(GetParam().moment, GetParam().count, deploy_first, deploy_second, 2);
}

TEST_P(PublisherCrash, LeavesAConsistentStoreAtAnyCallOfACanary) {
  fail_each_call(
      GetParam().moment, GetParam().count, deploy_first,
      [](TestStore& test) { return test.deploy("hello", "2", {"c.example.com/"}, 10); }, 2);
}

TEST_P(PublisherCrash, LeavesAConsistentStoreAtAnyCallOfASecret) {
  fail_each_call(
      GetParam().moment, GetParam().count,
      [](TestStore& test) {
        deploy_first(test);
        ASSERT_TRUE(deploy_second(test));
      },
      [](TestStore& test) { return test.publisher.set_secret("hello", "A", "sealed", {}); }, 3);
}

INSTANTIATE_TEST_SUITE_P(Troubles, PublisherCrash,
                         testing::Values(Trouble{MemoryStore::Moment::Before, 1},
                                         Trouble{MemoryStore::Moment::After, 1},
                                         Trouble{MemoryStore::Moment::Before, MemoryStore::kForEver},
                                         Trouble{MemoryStore::Moment::After, MemoryStore::kForEver}));

TEST(PublisherCrash, LeavesAConsistentStoreWhenARollbackDies) {
  for (std::size_t at = 0;; ++at) {
    SCOPED_TRACE(at);
    ASSERT_LT(at, kCallsMax);
    TestStore test;
    deploy_first(test);
    ASSERT_TRUE(deploy_second(test));
    test.store.forget_calls();
    test.store.fail_calls(MemoryStore::kForEver, Code::Unavailable, at);
    const auto back = test.publisher.rollback("hello", 1, {});
    test.store.fail_calls(0, Code::Unavailable);
    expect_consistent(test, "hello");
    if (test.store.calls().size() <= at) {
      ASSERT_TRUE(back.has_value());
      return;
    }
    ASSERT_TRUE(test.publisher.rollback("hello", 1, {}).has_value());
    EXPECT_EQ(test.current("hello").substr(2), " v1:100");
    expect_consistent(test, "hello");
  }
}

TEST(PublisherCrash, KnowsItsOwnChangeWhenOnlyTheAnswerWasLost) {
  TestStore test;
  deploy_first(test);
  bool lost = false;
  test.store.before_each([&](const MemoryStore::Call& call) -> Status {
    if (call.operation == MemoryStore::Operation::Put && call.key == pointer_key("hello") && !lost) {
      lost = true;
      test.store.fail_calls(1, Code::Conflict, 0,
                            MemoryStore::Moment::After);  // as a store that repeats a put by itself
    }
    return {};
  });
  const auto published = deploy_second(test);
  ASSERT_TRUE(published.has_value()) << published.error().message;
  EXPECT_EQ(test.current("hello"), "r2 v2:100");
  expect_consistent(test, "hello");
}

TEST(PublisherCrash, GivesEachFunctionOneOfTwoThatWantItsRouteAtOnce) {
  // The other deploy runs whole before each call of this one in turn: never do both get the route.
  for (std::size_t at = 0;; ++at) {
    SCOPED_TRACE(at);
    ASSERT_LT(at, kCallsMax);
    TestStore test;
    std::size_t calls = 0;
    bool inside = false;
    Result<Published> other = fail(Code::Internal, "did not run");
    test.store.before_each([&](const MemoryStore::Call&) -> Status {
      if (!inside && calls++ == at) {
        inside = true;
        other = test.deploy("other", "3", {"a.example.com/*"});
        inside = false;
      }
      return {};
    });
    const auto mine = test.deploy("hello", "2", {"a.example.com/*"});
    test.store.before_each({});
    if (calls <= at) {
      return;
    }
    EXPECT_FALSE(mine.has_value() && other.has_value());
    expect_consistent(test, "hello");
    expect_consistent(test, "other");
  }
}

}  // namespace
}  // namespace peko::code
