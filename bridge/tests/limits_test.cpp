// How calls end that go wrong: limits, traps, missing responses, full pools.
#include <unistd.h>

#include <cstddef>
#include <fstream>

#include "rig.hpp"

namespace peko::bridge_test {
namespace {

// The call failed with `outcome`, and its instance is gone.
void expect_failed(const Answer& answer, std::uint32_t outcome, std::string_view message) {
  EXPECT_NE(answer.flags & PEKO_FAILED, 0U);
  EXPECT_EQ(answer.stats.outcome, outcome) << answer.message();
  EXPECT_NE(answer.message().find(message), std::string_view::npos) << answer.message();
  EXPECT_EQ(answer.instance, nullptr);
}

TEST(Cpu, StopsAGuestThatSpins) {
  Rig rig;
  rig.limits.cpu_ns = 50'000'000;
  const Answer answer = rig.call(rig.load("spin"));
  expect_failed(answer, PEKO_OUTCOME_CPU, "wasm trap: interrupt");
  EXPECT_GE(answer.stats.cpu_ns, 50'000'000U);
  EXPECT_LT(answer.stats.cpu_ns, 2U * 50'000'000U);
  EXPECT_GT(answer.stats.yields, 3U) << "its slices ended; a busy machine ticks late";
  EXPECT_GT(answer.stats.polls, 3U) << "and yielded at each";
}

TEST(Cpu, CountsInstantiation) {
  Rig rig;
  rig.limits.cpu_ns = 30'000'000;
  const Answer answer = rig.call(rig.load("init-spin"));
  expect_failed(answer, PEKO_OUTCOME_CPU, "wasm trap: interrupt");
  EXPECT_EQ(answer.stats.instantiated, 1U);
  EXPECT_GT(answer.stats.instantiate_ns, 0U);
}

TEST(Cpu, StartsAgainWithEachCall) {
  Rig rig;
  rig.limits.cpu_ns = 200'000'000;
  peko_component* postwork = rig.load("postwork");
  InstancePtr warm;
  for (int i = 0; i < 3; ++i) {
    Answer answer = rig.call(postwork, {.target = "/spin/80"}, std::move(warm));
    EXPECT_EQ(answer.stats.outcome, PEKO_OUTCOME_OK) << answer.message();
    warm = std::move(answer.instance);
  }
}

TEST(Memory, RefusesGrowthBeyondTheLimit) {
  Rig rig;
  rig.limits.memory_bytes = 64 << 20;
  peko_component* memgrow = rig.load("memgrow");
  const Answer told = rig.call(memgrow);
  EXPECT_EQ(told.status, 200U);
  // Within 1 MiB (16 pages), the step of the guest, under the limit of 1,024 pages less the table.
  ASSERT_TRUE(told.body.starts_with("memory.grow refused at pages: ")) << told.body;
  const auto pages = std::stoul(told.body.substr(30));
  EXPECT_LE(pages, 1024U);
  EXPECT_GE(pages, 1024U - 17U);
  EXPECT_LE(told.stats.memory_peak_bytes, rig.limits.memory_bytes);
  EXPECT_EQ(told.instance, nullptr) << "an instance that was refused memory is not kept";

  expect_failed(rig.call(memgrow, {.target = "/trap"}), PEKO_OUTCOME_MEMORY, "unreachable");
}

TEST(Memory, RefusesAComponentThatNeedsMoreFromTheStart) {
  Rig rig;
  peko_component* big = rig.load("big-memory");
  rig.limits.memory_bytes = 32 << 20;
  expect_failed(rig.call(big), PEKO_OUTCOME_MEMORY, "memory");
  rig.limits.memory_bytes = 128 << 20;
  EXPECT_EQ(rig.call(big).body, "big\n");
}

TEST(Memory, RetiresInstancesThatHaveGrown) {
  Rig rig;
  peko_component* hello = rig.load("hello");
  const Answer kept = rig.call(hello);
  ASSERT_NE(kept.instance, nullptr);
  rig.limits.retire_bytes = kept.stats.memory_bytes - 1;
  EXPECT_EQ(rig.call(hello).instance, nullptr);
}

TEST(Stack, StopsEndlessRecursion) {
  Rig rig;
  expect_failed(rig.call(rig.load("stack")), PEKO_OUTCOME_STACK, "call stack exhausted");
}

std::size_t resident_bytes() {
  std::size_t size = 0;
  std::size_t resident = 0;
  std::ifstream("/proc/self/statm") >> size >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

TEST(Stack, ThatWasDeepIsGivenBackWithItsInstance) {
  constexpr std::size_t kCalls = 64;
  peko_engine_config config = serve_config();
  config.max_instances = kCalls;
  Rig rig(config);
  peko_component* stack = rig.load("stack");
  const auto run_all = [&] {
    std::vector<InvocationPtr> deep(kCalls);
    for (InvocationPtr& call : deep) {
      Answer answer;
      call = rig.start(stack, {});
      EXPECT_TRUE(rig.turn(call.get(), answer));
    }
    return resident_bytes();
  };
  const std::size_t before = resident_bytes();
  const std::size_t with_all = run_all();
  EXPECT_GT(with_all, before + kCalls * config.stack_bytes * 3 / 4) << "each has used its stack";
  EXPECT_LT(resident_bytes(), with_all - kCalls * config.stack_bytes * 3 / 4);
}

TEST(Trap, IsExplainedWithABacktrace) {
  Rig rig;
  const Answer answer = rig.call(rig.load("trap"));
  expect_failed(answer, PEKO_OUTCOME_TRAP, "");
  EXPECT_TRUE(answer.message().starts_with("wasm trap: wasm `unreachable` instruction executed\n")) << answer.message();
  EXPECT_NE(answer.message().find("0: "), std::string_view::npos) << answer.message();
  EXPECT_EQ(answer.message().find("error while executing"), std::string_view::npos);
}

TEST(Trap, BacktracesNameFunctions) {
  Rig rig;
  rig.limits.cpu_ns = 20'000'000;
  const Answer answer = rig.call(rig.load("init-spin"));
  EXPECT_NE(answer.message().find("!initialize"), std::string_view::npos) << answer.message();
}

TEST(Trap, InTheMiddleOfABodyIsNoEnd) {
  Rig rig;
  const Answer answer = rig.call(rig.load("midtrap"));
  EXPECT_EQ(answer.flags, PEKO_HEAD | PEKO_FAILED);
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.body, "first");
  EXPECT_EQ(answer.end, PEKO_NEXT_ABORTED);
  EXPECT_EQ(answer.stats.outcome, PEKO_OUTCOME_TRAP);
}

TEST(Body, ThatIsDroppedOrHasTheWrongLengthIsAborted) {
  Rig rig;
  const Answer dropped = rig.call(rig.load("probe"), {.target = "/abort"});
  EXPECT_EQ(dropped.body, "part");
  EXPECT_EQ(dropped.end, PEKO_NEXT_ABORTED);
  peko_component* wrong = rig.load("wrong-length");
  EXPECT_EQ(rig.call(wrong).end, PEKO_NEXT_ABORTED);
  EXPECT_EQ(rig.call(wrong, {.target = "/long"}).end, PEKO_NEXT_ABORTED);
}

TEST(Body, StaysAbortedHoweverOftenOneAsks) {
  Rig rig;
  InvocationPtr call = rig.start(rig.load("probe"), {.target = "/abort"});
  Answer answer;
  EXPECT_TRUE(rig.turn(call.get(), answer));
  peko_chunk chunk{};
  for (int i = 0; i < 3; ++i) EXPECT_EQ(peko_invocation_next(call.get(), &chunk), PEKO_NEXT_ABORTED);
}

TEST(NoResponse, IsAFailure) {
  Rig rig;
  expect_failed(rig.call(rig.load("noresp")), PEKO_OUTCOME_NO_RESPONSE, "without setting a response");
  peko_component* probe = rig.load("probe");
  expect_failed(rig.call(probe, {.target = "/error/6"}), PEKO_OUTCOME_NO_RESPONSE, "ConnectionRefused");
  expect_failed(rig.call(probe, {.target = "/error/36"}), PEKO_OUTCOME_NO_RESPONSE, "LoopDetected");
}

TEST(Exit, IsAFailureWhateverTheStatus) {
  Rig rig;
  peko_component* exit = rig.load("exit");
  expect_failed(rig.call(exit), PEKO_OUTCOME_EXIT, "exit status 0");
  expect_failed(rig.call(exit, {.target = "/1"}), PEKO_OUTCOME_EXIT, "exit status 1");
  const Answer late = rig.call(exit, {.target = "/late"});
  expect_failed(late, PEKO_OUTCOME_EXIT, "exit status 0");
  EXPECT_EQ(late.body, "done\n");
  EXPECT_EQ(late.end, PEKO_NEXT_END);
}

TEST(Handles, AreCountedAndLeaksRetireTheInstance) {
  Rig rig;
  peko_component* probe = rig.load("probe");
  rig.limits.handles_kept = 10;
  EXPECT_NE(rig.call(probe, {.target = "/leak/10"}).instance, nullptr);
  EXPECT_EQ(rig.call(probe, {.target = "/leak/11"}).instance, nullptr);
  rig.limits.handles = 100;
  expect_failed(rig.call(probe, {.target = "/leak/200"}), PEKO_OUTCOME_RESOURCES, "no free keys");
}

TEST(Fields, AreLimitedInSize) {
  Rig rig;
  peko_component* probe = rig.load("probe");
  rig.limits.field_bytes = 8192;
  EXPECT_EQ(rig.call(probe, {.target = "/field/4096"}).stats.outcome, PEKO_OUTCOME_OK);
  expect_failed(rig.call(probe, {.target = "/field/9000"}), PEKO_OUTCOME_RESOURCES, "");
}

TEST(Capacity, IsReportedWhenAllSlotsAreTaken) {
  peko_engine_config config = serve_config();
  config.max_instances = 2;
  Rig rig(config);
  peko_component* hello = rig.load("hello");
  InstancePtr one = rig.call(hello).instance;
  InstancePtr two = rig.call(hello).instance;
  expect_failed(rig.call(hello), PEKO_OUTCOME_CAPACITY, "limit of 2");
  one.reset();
  EXPECT_EQ(rig.call(hello).body, "Hello, World!");
}

TEST(Capacity, IsReportedWhenAllInstancesTogetherHoldTooMuch) {
  Rig rig;
  peko_component* hello = rig.load("hello");
  EXPECT_EQ(peko_engine_memory_bytes(rig.engine()), 0U);
  InstancePtr one = rig.call(hello).instance;
  const std::uint64_t each = peko_engine_memory_bytes(rig.engine());
  EXPECT_GT(each, 0U);
  peko_engine_limit_memory(rig.engine(), 2 * each - 1);
  expect_failed(rig.call(hello), PEKO_OUTCOME_CAPACITY, "");
  expect_failed(rig.call(rig.load("memgrow"), {.target = "/trap"}), PEKO_OUTCOME_CAPACITY, "");
  EXPECT_EQ(peko_engine_memory_bytes(rig.engine()), each) << "what is deleted is not counted";
  one.reset();
  EXPECT_EQ(rig.call(hello).body, "Hello, World!");
}

TEST(Instantiation, IsTimedAsSoonAsItIsOver) {
  Rig rig;
  peko_component* hello = rig.load("hello");
  InvocationPtr fresh = rig.start(hello, {});
  EXPECT_EQ(peko_invocation_instantiate_ns(fresh.get()), 0U);
  Answer answer;
  EXPECT_TRUE(rig.turn(fresh.get(), answer));
  EXPECT_GT(peko_invocation_instantiate_ns(fresh.get()), 0U) << "before the call is closed";
  InvocationPtr warm = rig.start(hello, {}, rig.close(std::move(fresh), {}).instance);
  peko_invocation_poll(warm.get(), kSliceNs);
  EXPECT_EQ(peko_invocation_instantiate_ns(warm.get()), 0U);
}

TEST(Message, IsCutToItsBuffer) {
  Rig rig;
  const Answer answer = rig.call(rig.load("stack"));
  EXPECT_LT(answer.message().size(), sizeof(answer.stats.message));
  EXPECT_GT(answer.message().size(), 200U) << "twenty frames";
}

}  // namespace
}  // namespace peko::bridge_test
