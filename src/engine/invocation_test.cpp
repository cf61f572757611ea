#include "engine/invocation.hpp"

#include <string>
#include <thread>
#include <vector>

#include "engine/call_fixture.hpp"

namespace peko::engine {
namespace {

using namespace std::chrono_literals;

using InvocationTest = CallFixture;

TEST_F(InvocationTest, AnswersARequest) {
  Exchange hello;
  run({{"hello", &hello}});
  EXPECT_EQ(hello.status, 200U);
  EXPECT_EQ(hello.body, "Hello, World!");
  EXPECT_EQ(hello.usage.outcome, Outcome::Ok) << hello.usage.message;
  EXPECT_GT(hello.usage.cpu.count(), 0);
  EXPECT_TRUE(hello.kept.has_value());
}

TEST_F(InvocationTest, RunsTheNextCallOnTheSameInstance) {
  Exchange first;
  run({{"counter", &first}});
  EXPECT_TRUE(first.body.starts_with("served: 1")) << first.body;
  Exchange second;
  second.warm = std::move(first.kept);
  run({{"counter", &second}});
  EXPECT_TRUE(second.body.starts_with("served: 2")) << second.body;
  EXPECT_EQ(second.usage.uses, 2U);
  EXPECT_EQ(second.usage.instantiate.count(), 0);
}

class Preparation : public CallFixture {
 protected:
  // What prepare() makes of a guest, and what came of it.
  struct Made {
    std::optional<Instance> instance;
    Usage usage;
  };
  net::Task<void> prepare(std::shared_ptr<const Component> component, Limits limits, Made& made) {
    net::Event progress(*loop_);
    InvocationPtr invocation = worker_->prepare(*component, limits, progress);
    for (;;) {
      if (!invocation->away()) invocation->step();
      if (!invocation->away() && invocation->ended()) break;
      co_await progress.wait();
    }
    EXPECT_FALSE(invocation->has_head());
    made.usage = invocation->finish(made.instance);
  }
  Made prepared(const std::string& name, const Limits& limits = {}) {
    Made made;
    run({}, prepare(guest(name), limits, made));
    return made;
  }
};

TEST_F(Preparation, MakesAnInstanceForTheNextCall) {
  Made made = prepared("counter");
  ASSERT_TRUE(made.instance.has_value()) << made.usage.message;
  EXPECT_EQ(made.usage.outcome, Outcome::Ok);
  EXPECT_EQ(made.instance->uses(), 0U);
  EXPECT_GT(made.usage.instantiate.count(), 0);
  Exchange first;
  first.warm = std::move(made.instance);
  run({{"counter", &first}});
  EXPECT_TRUE(first.body.starts_with("served: 1")) << first.body;
  EXPECT_EQ(first.usage.uses, 1U);
  EXPECT_EQ(first.usage.instantiate.count(), 0);
  ASSERT_TRUE(first.kept.has_value());
  Exchange second;
  second.warm = std::move(first.kept);
  run({{"counter", &second}});
  EXPECT_TRUE(second.body.starts_with("served: 2")) << second.body;
}

TEST_F(Preparation, MakesNoneUnderLimitsThatAreTooSmallForIt) {
  const Made made = prepared("hello", {.memory_bytes = 1});
  EXPECT_FALSE(made.instance.has_value());
  EXPECT_NE(made.usage.outcome, Outcome::Ok);
  EXPECT_NE(made.usage.outcome, Outcome::NoResponse);
}

TEST_F(InvocationTest, StreamsTheBodyThroughTheGuest) {
  Exchange echo;
  echo.request_body = std::string(300'000, 'a') + "end";
  run({{"echo", &echo}});
  EXPECT_EQ(echo.usage.outcome, Outcome::Ok) << echo.usage.message;
  EXPECT_EQ(echo.body.size(), echo.request_body.size());
  EXPECT_TRUE(echo.body == echo.request_body);
}

TEST_F(InvocationTest, NamesHowACallFailed) {
  struct Row {
    std::string guest;
    std::string target;
    Outcome outcome;
  };
  const Row rows[] = {
      {"trap", "/", Outcome::Trap},          {"noresp", "/", Outcome::NoResponse}, {"midtrap", "/", Outcome::Trap},
      {"memgrow", "/trap", Outcome::Memory}, {"stack", "/", Outcome::Stack},       {"exit", "/", Outcome::Exit},
  };
  for (const Row& row : rows) {
    Exchange exchange;
    exchange.target = row.target;
    run({{row.guest, &exchange}});
    EXPECT_EQ(exchange.usage.outcome, row.outcome) << row.guest << ": " << exchange.usage.message;
    EXPECT_FALSE(exchange.usage.message.empty()) << row.guest;
  }
}

TEST_F(InvocationTest, StopsASpinnerAtItsCpuLimitAndLetsOthersRun) {
  Exchange spin;
  spin.limits.cpu = 100ms;
  Exchange hello;
  run({{"spin", &spin}, {"hello", &hello}});
  EXPECT_EQ(spin.usage.outcome, Outcome::Cpu) << spin.usage.message;
  EXPECT_TRUE(spin.was_away);
  EXPECT_GE(spin.usage.cpu, 100ms);
  EXPECT_LT(spin.usage.cpu, 200ms);
  EXPECT_FALSE(spin.kept.has_value());
  EXPECT_EQ(hello.body, "Hello, World!");
}

TEST_F(InvocationTest, KeepsAwayFromTheLoopWhatHasHeldItAFewTimes) {
  Exchange polite;
  polite.target = "/crlf-in-target";
  run({{"hostile/host", &polite}});
  EXPECT_FALSE(polite.was_away);
  // On a busy machine it may have used its slice before the instruction, which then holds an overflow thread.
  std::uint32_t fills = 0;
  for (; fills < 30 && !guest("hostile/host")->unyielding(); fills++) {
    Exchange fill;  // all its memory, by one instruction
    fill.target = "/fill-for-ever";
    fill.limits.cpu = 20ms;
    fill.limits.memory_bytes = 512U << 20;
    run({{"hostile/host", &fill}});
    EXPECT_EQ(fill.usage.outcome, Outcome::Cpu) << fill.usage.message;
  }
  EXPECT_GE(fills, Component::kStallsMax);
  Exchange suspect;
  suspect.target = "/crlf-in-target";
  run({{"hostile/host", &suspect}});
  EXPECT_TRUE(suspect.was_away);
  EXPECT_EQ(suspect.body, "refused");
  Exchange other;
  run({{"hello", &other}});
  EXPECT_FALSE(other.was_away);
}

TEST_F(InvocationTest, MovesBytesAndWaitsAlsoForWhatNeverRunsOnTheLoop) {
  for (const char* name : {"echo", "sleep", "trailers", "trap"}) {
    while (!guest(name)->unyielding()) guest(name)->count_stall();
  }
  Exchange echo;
  echo.request_body = std::string(1'000'000, 'e');
  Exchange sleep;
  sleep.target = "/20";
  Exchange trailers;
  Exchange trap;
  run({{"echo", &echo}, {"sleep", &sleep}, {"trailers", &trailers}, {"trap", &trap}});
  for (const Exchange* exchange : {&echo, &sleep, &trailers, &trap}) EXPECT_TRUE(exchange->was_away);
  EXPECT_TRUE(echo.body == echo.request_body);
  EXPECT_TRUE(sleep.body.starts_with("slept")) << sleep.body;
  EXPECT_EQ(trap.usage.outcome, Outcome::Trap);
}

TEST_F(InvocationTest, TakesForLongWhatHasAlwaysBeenSo) {
  const auto is_away = [this](const char* target) {
    Exchange call;
    call.target = target;
    run({{"postwork", &call}});
    EXPECT_EQ(call.usage.outcome, Outcome::Ok) << call.usage.message;
    return call.was_away;
  };
  for (std::uint32_t i = 0; i < Component::kLongRow; ++i) {
    EXPECT_FALSE(guest("postwork")->runs_long());
    EXPECT_TRUE(is_away("/spin/50"));  // of the clock: a busy machine gives it less
  }
  EXPECT_TRUE(is_away("/spin/0")) << "not tried on the loop";
  bool forgiven = false;
  for (int call = 0; call < 20 && !forgiven; ++call)
    forgiven = !is_away("/spin/0");  // on a busy machine it may be long
  EXPECT_TRUE(forgiven);
}

TEST_F(InvocationTest, CanBeGivenUpWhileItIsAway) {
  Exchange spin;
  spin.limits.cpu = 60s;
  spin.give_up_when_away = true;
  run({{"spin", &spin}});
  EXPECT_TRUE(spin.was_away);
  EXPECT_EQ(worker_->in_flight(), 0U);
}

TEST_F(InvocationTest, WaitsWithoutAThread) {
  std::vector<Exchange> sleepers(kInstances);
  std::vector<std::pair<std::string, Exchange*>> calls;
  for (Exchange& sleeper : sleepers) {
    sleeper.target = "/400";
    calls.emplace_back("sleep", &sleeper);
  }
  const auto begin = std::chrono::steady_clock::now();
  run(calls);
  const auto took = std::chrono::steady_clock::now() - begin;
  for (const Exchange& sleeper : sleepers) EXPECT_TRUE(sleeper.body.starts_with("slept")) << sleeper.body;
  EXPECT_LT(took, 400ms * kInstances / 2) << "they slept one after the other";
}

TEST_F(InvocationTest, CollectsWhatTheGuestPrints) {
  Exchange logger;
  logger.target = "/path";
  run({{"logger", &logger}});
  ASSERT_EQ(logger.log.size(), 2U);
  EXPECT_EQ(logger.log[0].stream, Stream::Stdout);
  EXPECT_EQ(logger.log[0].text, "stdout: /path");
  EXPECT_EQ(logger.log[1].stream, Stream::Stderr);
}

TEST_F(InvocationTest, DeniesOutboundRequests) {
  Exchange fetch;
  fetch.target = "/127.0.0.1:1/";
  run({{"fetch", &fetch}});
  EXPECT_EQ(fetch.status, 502U);
  EXPECT_EQ(fetch.body, "error-code 15\n");
}

TEST_F(InvocationTest, KnowsTheAgeOfAnInstanceAndCountsItsMemory) {
  EXPECT_EQ(runtime_->memory_bytes(), 0U);
  Exchange first;
  run({{"counter", &first}});
  EXPECT_EQ(first.kept->uses(), 1U);
  EXPECT_GT(first.kept->memory_bytes(), 0U);
  EXPECT_GT(runtime_->memory_bytes(), first.kept->memory_bytes()) << "and what else it takes";
  Exchange second;
  second.warm = std::move(first.kept);
  run({{"counter", &second}});
  EXPECT_EQ(second.kept->uses(), 2U);
}

TEST_F(InvocationTest, KeepsNoInstanceOfACallThatFailed) {
  Exchange trap;
  run({{"trap", &trap}});
  EXPECT_FALSE(trap.kept.has_value());
  while (runtime_->memory_bytes() > 0) std::this_thread::yield();  // until the reaper has freed it
}

TEST_F(InvocationTest, ReportsThatMemoryIsShort) {
  Exchange kept;
  run({{"hello", &kept}});
  runtime_->limit_memory(runtime_->memory_bytes());
  Exchange refused;
  run({{"hello", &refused}});
  EXPECT_EQ(refused.usage.outcome, Outcome::Capacity) << refused.usage.message;
  Exchange warm;
  warm.warm = std::move(kept.kept);
  run({{"hello", &warm}});
  EXPECT_EQ(warm.body, "Hello, World!");
}

TEST_F(InvocationTest, ReportsThatNoSlotIsFree) {
  std::vector<Exchange> sleepers(kInstances + 100);
  std::vector<std::pair<std::string, Exchange*>> calls;
  for (Exchange& sleeper : sleepers) {
    sleeper.target = "/300";
    calls.emplace_back("sleep", &sleeper);
  }
  run(calls);
  std::size_t refused = 0;
  for (const Exchange& sleeper : sleepers) refused += sleeper.usage.outcome == Outcome::Capacity ? 1 : 0;
  EXPECT_GT(refused, 0U);
  EXPECT_LE(refused, 100U);
}

}  // namespace
}  // namespace peko::engine
