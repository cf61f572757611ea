#include "cloud/credentials_chain.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>

#include "base/fake_clock.hpp"

namespace peko::cloud {
namespace {

using namespace std::chrono_literals;

// What a place says, and how often it was asked. Outlives the chain.
struct Script {
  std::function<Result<Credentials>()> answer;
  std::atomic<int> looks = 0;
};

class ScriptedPlace final : public CredentialsPlace {
 public:
  explicit ScriptedPlace(Script& script) : script_(script) {}
  Result<Credentials> look() override {
    ++script_.looks;
    return script_.answer();
  }

 private:
  Script& script_;
};

Credentials named(std::string id, std::optional<std::chrono::system_clock::time_point> expires = {}) {
  return {.access_key_id = std::move(id), .secret_access_key = "s", .session_token = "", .expires = expires};
}

// One place whose credentials hold for an hour, until a test says otherwise.
struct Fixture {
  FakeClock clock;
  Script script{.answer = [this] { return Result<Credentials>(named("A", clock.wall_now() + 1h)); }};
  CredentialsChain chain{places({&script}), clock, Random(1)};

  static std::vector<std::unique_ptr<CredentialsPlace>> places(std::initializer_list<Script*> scripts) {
    std::vector<std::unique_ptr<CredentialsPlace>> made;
    for (Script* one : scripts) made.push_back(std::make_unique<ScriptedPlace>(*one));
    return made;
  }
  void fail_with(Code code) {
    script.answer = [code] { return Result<Credentials>(fail(code, "no")); };
  }
};

TEST(CredentialsChain, TakesTheFirstPlaceThatHasSome) {
  const FakeClock clock;
  Script none{.answer = [] { return Result<Credentials>(fail(Code::NotFound, "not here")); }};
  Script some{.answer = [] { return Result<Credentials>(named("B")); }};
  Script more{.answer = [] { return Result<Credentials>(named("C")); }};
  CredentialsChain chain(Fixture::places({&none, &some, &more}), clock, Random(1));
  EXPECT_EQ(chain.get()->access_key_id, "B");
  EXPECT_EQ(more.looks, 0);
}

TEST(CredentialsChain, NamesEveryPlaceWhenThereAreNone) {
  const FakeClock clock;
  Script one{.answer = [] { return Result<Credentials>(fail(Code::NotFound, "not here")); }};
  Script two{.answer = [] { return Result<Credentials>(fail(Code::NotFound, "nor there")); }};
  CredentialsChain chain(Fixture::places({&one, &two}), clock, Random(1));
  const auto found = chain.get();
  ASSERT_FALSE(found.has_value());
  EXPECT_EQ(found.error().code, Code::Denied);
  EXPECT_EQ(found.error().message, "no credentials: not here; nor there");
}

TEST(CredentialsChain, EndsAtAPlaceThatHasThemButFails) {
  const FakeClock clock;
  Script one{.answer = [] { return Result<Credentials>(fail(Code::Unavailable, "status 500")); }};
  Script two{.answer = [] { return Result<Credentials>(named("B")); }};
  CredentialsChain chain(Fixture::places({&one, &two}), clock, Random(1));
  EXPECT_EQ(chain.get().error().code, Code::Unavailable);
  EXPECT_EQ(two.looks, 0) << "another identity would be a surprise";
}

TEST(CredentialsChain, AsksOnceForWhatDoesNotExpire) {
  Fixture fixture;
  fixture.script.answer = [] { return Result<Credentials>(named("A")); };
  for (int day = 0; day < 400; ++day) {
    EXPECT_TRUE(fixture.chain.get().has_value());
    fixture.clock.advance(24h);
  }
  EXPECT_EQ(fixture.script.looks, 1);
}

TEST(CredentialsChain, RenewsFiveToSixMinutesAhead) {
  Fixture fixture;
  EXPECT_TRUE(fixture.chain.get().has_value());
  fixture.clock.advance(53min + 59s);
  EXPECT_TRUE(fixture.chain.get().has_value());
  EXPECT_EQ(fixture.script.looks, 1);
  fixture.clock.advance(61s);
  EXPECT_TRUE(fixture.chain.get().has_value());
  EXPECT_EQ(fixture.script.looks, 2);
}

TEST(CredentialsChain, RenewsShortOnesAtHalfOfTheirLife) {
  Fixture fixture;
  fixture.script.answer = [&fixture] { return Result<Credentials>(named("A", fixture.clock.wall_now() + 4min)); };
  EXPECT_TRUE(fixture.chain.get().has_value());
  fixture.clock.advance(2min - 1s);
  EXPECT_TRUE(fixture.chain.get().has_value());
  EXPECT_EQ(fixture.script.looks, 1);
  fixture.clock.advance(1s);
  EXPECT_TRUE(fixture.chain.get().has_value());
  EXPECT_EQ(fixture.script.looks, 2);
}

TEST(CredentialsChain, RenewsAtAnotherMomentOnEachNode) {
  std::vector<int> looks;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Fixture fixture;
    CredentialsChain chain(Fixture::places({&fixture.script}), fixture.clock, Random(seed));
    EXPECT_TRUE(chain.get().has_value());
    fixture.clock.advance(54min + 30s);
    EXPECT_TRUE(chain.get().has_value());
    looks.push_back(fixture.script.looks);
  }
  EXPECT_THAT(looks, testing::Contains(1));
  EXPECT_THAT(looks, testing::Contains(2));
}

TEST(CredentialsChain, GoesOnWithWhatHoldsWhenRenewingFails) {
  Fixture fixture;
  EXPECT_TRUE(fixture.chain.get().has_value());
  fixture.fail_with(Code::Unavailable);
  fixture.clock.advance(55min);
  for (int second = 0; second < 290; ++second) {
    ASSERT_TRUE(fixture.chain.get().has_value());
    fixture.clock.advance(1s);
  }
  EXPECT_EQ(fixture.script.looks, 1 + 10) << "asked again each half minute, not each time";
  fixture.clock.advance(11s);
  const auto late = fixture.chain.get();
  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error().code, Code::Unavailable);
}

TEST(CredentialsChain, RecoversFromAFailureWithinASecond) {
  Fixture fixture;
  const auto works = fixture.script.answer;
  fixture.fail_with(Code::Unavailable);
  EXPECT_FALSE(fixture.chain.get().has_value());
  EXPECT_FALSE(fixture.chain.get().has_value());
  EXPECT_EQ(fixture.script.looks, 1) << "the same moment, the same answer";
  fixture.script.answer = works;
  fixture.clock.advance(1s);
  EXPECT_TRUE(fixture.chain.get().has_value());
}

TEST(CredentialsChain, AsksAfreshWhenTheyAreRefused) {
  Fixture fixture;
  EXPECT_TRUE(fixture.chain.get().has_value());
  fixture.chain.refused();
  EXPECT_TRUE(fixture.chain.get().has_value());
  EXPECT_EQ(fixture.script.looks, 1) << "just found: not their age is what is wrong";
  fixture.clock.advance(10s);
  fixture.chain.refused();
  EXPECT_TRUE(fixture.chain.get().has_value());
  EXPECT_EQ(fixture.script.looks, 2);
}

TEST(CredentialsChain, AsksAfreshWhenTheyAreRefusedThoughRenewingHasJustFailed) {
  Fixture fixture;
  const auto works = fixture.script.answer;
  EXPECT_TRUE(fixture.chain.get().has_value());
  fixture.fail_with(Code::Unavailable);
  fixture.clock.advance(55min);
  EXPECT_TRUE(fixture.chain.get().has_value());
  fixture.script.answer = works;
  fixture.chain.refused();
  EXPECT_TRUE(fixture.chain.get().has_value());
  EXPECT_EQ(fixture.script.looks, 3);
}

TEST(CredentialsChain, RefusesWhatCannotBeSentOrHasExpired) {
  Fixture fixture;
  fixture.script.answer = [] { return Result<Credentials>(named("A\r\nx: y")); };
  EXPECT_EQ(fixture.chain.get().error().code, Code::Denied);
  fixture.clock.advance(1s);
  fixture.script.answer = [&fixture] { return Result<Credentials>(named("A", fixture.clock.wall_now())); };
  EXPECT_EQ(fixture.chain.get().error().code, Code::Unavailable);
}

TEST(CredentialsChain, AsksOnceForManyThreads) {
  Fixture fixture;
  std::latch asked(1);
  std::latch may_answer(1);
  fixture.script.answer = [&] {
    asked.count_down();
    may_answer.wait();
    return Result<Credentials>(named("A"));
  };
  std::atomic<int> served = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] { served += fixture.chain.get().has_value() ? 1 : 0; });
  }
  asked.wait();
  may_answer.count_down();
  threads.clear();
  EXPECT_EQ(served, 8);
  EXPECT_EQ(fixture.script.looks, 1);
}

TEST(CredentialsChain, DoesNotKeepOthersWaitingWhileItRenews) {
  Fixture fixture;
  EXPECT_TRUE(fixture.chain.get().has_value());
  std::latch asked(1);
  std::latch may_answer(1);
  fixture.script.answer = [&] {
    asked.count_down();
    may_answer.wait();
    return Result<Credentials>(named("B"));
  };
  fixture.clock.advance(55min);
  std::string renewed;
  std::jthread renewing([&] { renewed = fixture.chain.get()->access_key_id; });
  asked.wait();
  EXPECT_EQ(fixture.chain.get()->access_key_id, "A") << "the old ones hold";
  may_answer.count_down();
  renewing.join();
  EXPECT_EQ(renewed, "B");
}

}  // namespace
}  // namespace peko::cloud
