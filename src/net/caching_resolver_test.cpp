#include "net/caching_resolver.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <semaphore>

#include "base/fake_clock.hpp"
#include "base/no_threads.hpp"
#include "net/turning.hpp"

namespace peko::net {
namespace {

using Question = std::unique_ptr<Resolver::Question>;

std::vector<Address> one_address() { return {Address::numeric("192.0.2.1", 0).value()}; }

/// A resolver whose queries wait for the test, and its loop.
struct Gated {
  /// Lets `n` queries answer.
  void open(std::ptrdiff_t n) { gate.release(n); }
  Question ask(const std::string& name, const std::string& owner = "f") {
    return resolver.ask(name, owner, *loop, [this](std::span<const Address> addresses) {
      ++answers;
      found += addresses.size();
    });
  }
  bool answered(int count) {
    return turn_until(*loop, [&] { return answers == count; });
  }

  FakeClock clock;
  std::unique_ptr<Loop> loop = Loop::create().value();
  std::counting_semaphore<> gate{0};
  std::atomic<int> queries = 0;
  std::atomic<int> running = 0;
  int answers = 0;
  std::size_t found = 0;
  CachingResolver resolver{clock, [this](const std::string& name) {
                             ++queries;
                             ++running;
                             gate.acquire();
                             --running;
                             return name.starts_with("no") ? std::vector<Address>() : one_address();
                           }};
};

TEST(CachingResolver, AsksOnceForAllWhoWantTheSameName) {
  Gated at;
  std::vector<Question> questions;
  for (int i = 0; i < 10; ++i) questions.push_back(at.ask("a.example"));
  at.open(1);
  EXPECT_TRUE(at.answered(10));
  EXPECT_EQ(at.queries, 1);
  EXPECT_EQ(at.found, 10U);
}

TEST(CachingResolver, NeverAnswersFromWithinTheQuestion) {
  Gated at;
  at.open(1);
  const Question first = at.ask("a.example");
  ASSERT_TRUE(at.answered(1));
  const Question second = at.ask("a.example");
  EXPECT_EQ(at.answers, 1) << "although the answer is in the cache";
  EXPECT_TRUE(at.answered(2));
}

TEST(CachingResolver, FindsNothingWhileThereIsNoThread) {
  Gated at;
  at.open(1);
  {
    const NoThreads none;
    const Question question = at.ask("a.example");
    EXPECT_TRUE(at.answered(1));
    EXPECT_EQ(at.found, 0U);
  }
  const Question again = at.ask("a.example");
  EXPECT_TRUE(at.answered(2));
  EXPECT_EQ(at.found, 1U) << "and asks as soon as there is one";
}

TEST(CachingResolver, KeepsAnAnswerForHalfAMinute) {
  Gated at;
  at.open(2);
  const Question first = at.ask("a.example");
  ASSERT_TRUE(at.answered(1));
  at.clock.advance(CachingResolver::kKeepFound - std::chrono::milliseconds(1));
  const Question second = at.ask("a.example");
  ASSERT_TRUE(at.answered(2));
  EXPECT_EQ(at.queries, 1);
  at.clock.advance(std::chrono::milliseconds(1));
  const Question third = at.ask("a.example");
  ASSERT_TRUE(at.answered(3));
  EXPECT_EQ(at.queries, 2);
}

TEST(CachingResolver, AsksSoonAgainForANameThatFailed) {
  Gated at;
  at.open(2);
  const Question first = at.ask("no.example");
  ASSERT_TRUE(at.answered(1));
  EXPECT_EQ(at.found, 0U);
  const Question second = at.ask("no.example");
  ASSERT_TRUE(at.answered(2));
  EXPECT_EQ(at.queries, 1);
  at.clock.advance(CachingResolver::kKeepFailed);
  const Question third = at.ask("no.example");
  ASSERT_TRUE(at.answered(3));
  EXPECT_EQ(at.queries, 2);
}

TEST(CachingResolver, AnswersNobodyWhoTookTheQuestionBack) {
  Gated at;
  Question taken_back = at.ask("a.example");
  const Question kept = at.ask("a.example");
  taken_back.reset();
  at.open(1);
  EXPECT_TRUE(at.answered(1));
  turn(*at.loop);
  EXPECT_EQ(at.answers, 1);
}

TEST(CachingResolver, DropsAnAnswerThatIsOnItsWayWhenTheQuestionIsTakenBack) {
  Gated at;
  at.open(1);
  Question question = at.ask("a.example");
  while (at.resolver.cached() == 0) std::this_thread::yield();
  question.reset();
  turn(*at.loop);
  EXPECT_EQ(at.answers, 0);
}

TEST(CachingResolver, LeavesThreadsToOthersWhenOneOwnersNamesHang) {
  Gated at;
  std::vector<Question> hanging;
  for (int i = 0; i < 40; ++i) hanging.push_back(at.ask("hangs" + std::to_string(i) + ".example", "hostile"));
  while (at.running < static_cast<int>(CachingResolver::kThreadsPerOwner)) std::this_thread::yield();
  const Question mine = at.ask("mine.example", "friendly");
  while (at.running <= static_cast<int>(CachingResolver::kThreadsPerOwner)) std::this_thread::yield();
  EXPECT_EQ(at.running, static_cast<int>(CachingResolver::kThreadsPerOwner) + 1);
  EXPECT_LE(at.resolver.threads(), CachingResolver::kThreadsMax);
  at.open(41);
  EXPECT_TRUE(at.answered(41));
}

TEST(CachingResolver, RefusesWhatOneOwnerQueuesBeyondItsShare) {
  Gated at;
  std::vector<Question> questions;
  const auto names = static_cast<int>(CachingResolver::kThreadsPerOwner + CachingResolver::kQueuedPerOwner);
  for (int i = 0; i < names; ++i) {
    questions.push_back(at.ask("a" + std::to_string(i) + ".example"));
    while (at.running < std::min(i + 1, static_cast<int>(CachingResolver::kThreadsPerOwner))) std::this_thread::yield();
  }
  questions.push_back(at.ask("one-more.example"));
  EXPECT_TRUE(at.answered(1));
  EXPECT_EQ(at.found, 0U);
  at.open(names);
  EXPECT_TRUE(at.answered(names + 1));
}

TEST(CachingResolver, KeepsABoundedNumberOfNames) {
  Gated at;
  const std::size_t names = CachingResolver::kNamesMax + 10;
  at.open(static_cast<std::ptrdiff_t>(names));
  for (std::size_t i = 0; i < names; ++i) {
    const Question question = at.ask(std::to_string(i) + ".example");
    ASSERT_TRUE(at.answered(static_cast<int>(i) + 1));
    at.clock.advance(std::chrono::microseconds(1));
  }
  EXPECT_EQ(at.resolver.cached(), CachingResolver::kNamesMax);
}

TEST(CachingResolver, DoesNotWaitForAQueryThatHangsWhenItGoes) {
  static std::counting_semaphore<> gate{0};
  static std::counting_semaphore<> asked{0};
  FakeClock clock;
  const auto loop = Loop::create().value();
  {
    CachingResolver resolver(clock, [](const std::string&) {
      asked.release();
      gate.acquire();
      asked.release();
      return one_address();
    });
    const Question question = resolver.ask("hangs.example", "f", *loop, [](auto) { FAIL(); });
    asked.acquire();
  }
  gate.release();
  asked.acquire();
  turn(*loop);
}

TEST(CachingResolver, FindsTheMachineItself) {
  const auto addresses = system_addresses("localhost");
  ASSERT_FALSE(addresses.empty());
  EXPECT_TRUE(addresses.front().text().starts_with("127.") || addresses.front().text().starts_with("[::1]"));
}

TEST(CachingResolver, FindsNothingForANameThatCannotBe) { EXPECT_TRUE(system_addresses("no.such.invalid").empty()); }

}  // namespace
}  // namespace peko::net
