// One call of a guest: heads, bodies, reuse, waking, logs.
#include <algorithm>
#include <numeric>

#include "rig.hpp"

namespace peko::bridge_test {
namespace {

std::string pattern(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 31 % 251);
  return bytes;
}

TEST(Invocation, AnswersWithHeadAndBody) {
  Rig rig;
  const Answer answer = rig.call(rig.load("hello"));
  EXPECT_EQ(answer.flags, PEKO_HEAD | PEKO_DONE);
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.fields, (Fields{{"content-type", "text/plain"}, {"content-length", "13"}}));
  EXPECT_EQ(answer.body, "Hello, World!");
  EXPECT_EQ(answer.end, PEKO_NEXT_END);
  EXPECT_EQ(answer.stats.outcome, PEKO_OUTCOME_OK);
  EXPECT_EQ(answer.stats.uses, 1U);
  EXPECT_EQ(answer.stats.instantiated, 1U);
  EXPECT_GT(answer.stats.instantiate_ns, 0U);
  EXPECT_GT(answer.stats.cpu_ns, 0U);
  EXPECT_GT(answer.stats.memory_bytes, 0U);
  EXPECT_GE(answer.stats.memory_peak_bytes, answer.stats.memory_bytes);
  EXPECT_EQ(answer.message(), "");
  EXPECT_NE(answer.instance, nullptr);
}

TEST(Invocation, ShowsTheGuestTheRequest) {
  Rig rig;
  const Request request{.method = "PURGE",
                        .target = "/a/b?c=d",
                        .authority = "example.org:81",
                        .fields = {{"Host", "ignored"}, {"x-one", "1"}, {"x-one", "2"}, {"connection", "close"}},
                        .https = true};
  EXPECT_EQ(rig.call(rig.load("headers"), request).body,
            "method: PURGE\ntarget: /a/b?c=d\nscheme: https\nauthority: example.org:81\nx-one: 1\nx-one: 2\n");
}

TEST(Invocation, RefusesHeadsThatAreNone) {
  Rig rig;
  peko_component* hello = rig.load("hello");
  InstancePtr warm = rig.call(hello).instance;
  const Request bad[] = {
      {.method = "G T"},    {.target = "/sp ace"},        {.authority = ""},
      {.authority = "a b"}, {.fields = {{"na me", "x"}}}, {.fields = {{"name", "line\nbreak"}}},
  };
  for (const Request& request : bad) {
    Answer answer = rig.call(hello, request, std::move(warm));
    EXPECT_EQ(answer.flags, PEKO_FAILED);
    EXPECT_EQ(answer.stats.outcome, PEKO_OUTCOME_BAD_REQUEST);
    EXPECT_NE(answer.message(), "");
    ASSERT_NE(answer.instance, nullptr) << "the instance has not been touched";
    warm = std::move(answer.instance);
  }
  EXPECT_EQ(rig.call(hello, {.method = "OPTIONS", .target = "*"}, std::move(warm)).stats.uses, 2U);
}

TEST(Invocation, ReusesAnInstanceWithItsStateAndEnvironment) {
  Rig rig;
  peko_component* counter = rig.load("counter", {{"GREETING", "hello"}, {"EMPTY", ""}});
  InstancePtr warm;
  for (std::uint32_t use = 1; use <= 5; ++use) {
    Answer answer = rig.call(counter, {}, std::move(warm));
    EXPECT_EQ(answer.body, "served: " + std::to_string(use) + "\nGREETING=hello\nEMPTY=\n");
    EXPECT_EQ(answer.stats.uses, use);
    EXPECT_EQ(answer.stats.instantiated, use == 1 ? 1U : 0U);
    EXPECT_EQ(answer.stats.instantiate_ns == 0, use != 1);
    EXPECT_EQ(answer.stats.polls, answer.stats.yields + 1) << "one poll, unless a slice ended in it";
    warm = std::move(answer.instance);
  }
  EXPECT_TRUE(rig.call(counter).body.starts_with("served: 1\n")) << "another instance shares nothing";
}

TEST(Invocation, StreamsTheRequestBodyWithBackPressure) {
  Rig rig;
  const std::string body = pattern(1 << 20);
  for (const char* name : {"echo", "echo-splice"}) {
    InvocationPtr echo = rig.start(rig.load(name), {.method = "POST", .body_length = PEKO_LENGTH_UNKNOWN});
    Answer answer;
    std::size_t sent = 0;
    std::size_t most = 0;
    EXPECT_FALSE(rig.turn(echo.get(), answer));
    EXPECT_GT(rig.seen.wants(), 0U) << "the guest waits for bytes";
    bool over = false;
    while (!over) {
      while (sent < body.size() && peko_invocation_push(echo.get(), nullptr, 0) < 65536) {
        const std::size_t n = std::min<std::size_t>(10'000, body.size() - sent);
        most = std::max(most, peko_invocation_push(echo.get(), body.data() + sent, n));
        sent += n;
        if (sent == body.size()) peko_invocation_push_end(echo.get(), 1, nullptr, 0);
      }
      over = rig.turn(echo.get(), answer);
    }
    EXPECT_LE(most, 65536U + 10'000U);
    EXPECT_TRUE(answer.body == body) << answer.body.size();
    EXPECT_EQ(rig.close(std::move(echo), std::move(answer)).stats.outcome, PEKO_OUTCOME_OK);
  }
}

TEST(Invocation, PausesAGuestWhoseOutputNobodyTakes) {
  Rig rig;
  InvocationPtr big = rig.start(rig.load("big"), {.target = "/10000000"});
  Answer answer;
  std::uint32_t flags = 0;
  do flags = peko_invocation_poll(big.get(), kSliceNs);
  while (rig.seen.woken(rig.token(big.get())));
  EXPECT_EQ(flags, PEKO_HEAD);
  std::size_t waiting = 0;
  peko_chunk chunk{};
  while (peko_invocation_next(big.get(), &chunk) == PEKO_NEXT_DATA) {
    waiting += chunk.size;
    peko_chunk_release(&chunk);
  }
  EXPECT_LE(waiting, 17U * 65536U);
  EXPECT_TRUE(rig.seen.wait(rig.token(big.get()))) << "taking makes room, which wakes the guest";
  while (!rig.turn(big.get(), answer)) continue;
  EXPECT_EQ(answer.body.size() + waiting, 10'000'000U);
}

TEST(Invocation, TellsTheGuestThatTheBodyWasCutOff) {
  Rig rig;
  peko_component* probe = rig.load("probe");
  for (const int complete : {1, 0}) {
    InvocationPtr read = rig.start(probe, {.method = "PUT", .target = "/read", .body_length = 10});
    peko_invocation_push(read.get(), "12345", 5);
    peko_invocation_push_end(read.get(), complete, nullptr, 0);
    peko_invocation_push_end(read.get(), 1, nullptr, 0);  // the first end counts
    const Answer answer = rig.finish(std::move(read));
    EXPECT_EQ(answer.body, complete != 0 ? "closed 5" : "failed 5");
  }
}

TEST(Invocation, CarriesTrailersBothWays) {
  Rig rig;
  InvocationPtr call = rig.start(rig.load("trailers"), {.method = "POST", .body_length = PEKO_LENGTH_UNKNOWN});
  peko_invocation_push(call.get(), "body", 4);
  const Fields trailers{{"x-checksum", "abc"}};
  const auto fields = views(trailers);
  peko_invocation_push_end(call.get(), 1, fields.data(), fields.size());
  const Answer answer = rig.finish(std::move(call));
  EXPECT_EQ(answer.body, "trailers\n");
  EXPECT_EQ(answer.trailers, (Fields{{"x-checksum", "abc"}, {"x-guest", "trailers"}}));
  EXPECT_EQ(answer.end, PEKO_NEXT_END);
}

TEST(Rules, OfWasiHttpHoldForGuests) {
  Rig rig;
  peko_component* rules = rig.load("rules");
  InstancePtr warm;
  for (int i = 0; i < 2; ++i) {
    Answer answer = rig.call(rules, {}, std::move(warm));
    EXPECT_EQ(answer.body, "line 0") << "of bridge/tests/guests/rules.c";
    warm = std::move(answer.instance);
  }
}

TEST(Rules, TrapGuestsThatDropWhatIsStillInUse) {
  Rig rig;
  peko_component* rules = rig.load("rules");
  for (const char* target : {"/early/body", "/early/finish", "/early/stream", "/early/in"}) {
    const Answer answer = rig.call(rules, {.target = target});
    EXPECT_EQ(answer.flags, PEKO_FAILED) << target;
    EXPECT_NE(answer.message().find("resource has children"), std::string::npos) << target << ": " << answer.message();
  }
}

TEST(Rules, EndNoBodyThatTheGuestHasNotFinished) {
  Rig rig;
  const Answer answer = rig.call(rig.load("rules"), {.target = "/after"});
  EXPECT_EQ(answer.body, "left");
  EXPECT_EQ(answer.end, PEKO_NEXT_ABORTED);
  EXPECT_EQ(answer.stats.outcome, PEKO_OUTCOME_OK);
}

TEST(Invocation, EndsAnUnreadRequestBody) {
  Rig rig;
  InvocationPtr call = rig.start(rig.load("reader"), {.method = "POST", .target = "/3", .body_length = 100'000});
  const std::string body = pattern(100'000);
  peko_invocation_push(call.get(), body.data(), body.size());
  Answer answer;
  EXPECT_TRUE(rig.turn(call.get(), answer));
  EXPECT_EQ(peko_invocation_push(call.get(), body.data(), body.size()), 0U)
      << "nothing waits for a guest that is through";
  EXPECT_EQ(answer.body, "read: 3\n");
  EXPECT_NE(rig.close(std::move(call), std::move(answer)).instance, nullptr);
}

TEST(Invocation, IsWokenFromAnotherThreadByATimer) {
  Rig rig;
  rig.slice_ns = 1'000'000'000;
  InvocationPtr sleep = rig.start(rig.load("sleep"), {.target = "/20"});
  do EXPECT_EQ(peko_invocation_poll(sleep.get(), rig.slice_ns), 0U);
  while (rig.seen.woken(rig.token(sleep.get())));
  peko_chunk chunk{};
  EXPECT_EQ(peko_invocation_next(sleep.get(), &chunk), PEKO_NEXT_PENDING);
  const Answer answer = rig.finish(std::move(sleep));
  EXPECT_TRUE(answer.body.starts_with("slept ns: ")) << answer.body;
  EXPECT_GE(std::stoull(answer.body.substr(10)), 20'000'000U);
  EXPECT_EQ(answer.stats.yields, 0U) << "a slice begins when the guest goes on, whatever ticks came before";
  auto threads = rig.seen.waking_threads();
  threads.erase(std::this_thread::get_id());
  EXPECT_FALSE(threads.empty());
}

TEST(Invocation, MayMoveBetweenThreads) {
  Rig rig;
  rig.limits.cpu_ns = 30'000'000;
  InvocationPtr spin = rig.start(rig.load("spin"), {});
  std::uint32_t flags = 0;
  for (int i = 0; flags == 0 && i < 1000; ++i) {
    std::jthread([&] {
      peko_thread_attach(rig.engine());
      flags = peko_invocation_poll(spin.get(), kSliceNs);
    }).join();
  }
  EXPECT_EQ(flags, PEKO_FAILED);
  EXPECT_GE(peko_invocation_cpu_ns(spin.get()), 30'000'000U);
  const Answer answer = rig.close(std::move(spin), {});
  EXPECT_EQ(answer.stats.outcome, PEKO_OUTCOME_CPU);
  EXPECT_GT(answer.stats.polls, 2U);
}

TEST(Invocation, YieldsAfterItsSliceAlsoWhenItDidNotCompute) {
  Rig rig;
  rig.seen.log_takes = std::chrono::milliseconds(20);
  EXPECT_GE(rig.call(rig.load("logger")).stats.yields, 2U) << "it prints twice";
}

TEST(Invocation, HandsOutputToTheLogWithItsToken) {
  Rig rig;
  peko_component* logger = rig.load("logger");
  InstancePtr warm;
  for (const char* path : {"/one", "/two"}) {
    InvocationPtr call = rig.start(logger, {.target = path}, std::move(warm));
    const std::uint64_t token = rig.token(call.get());
    Answer answer = rig.finish(std::move(call));
    EXPECT_EQ(answer.body, "logged\n");
    EXPECT_EQ(rig.seen.log(token, 1), std::string("stdout: ") + path + "\n");
    EXPECT_EQ(rig.seen.log(token, 2), std::string("stderr: ") + path + "\n");
    warm = std::move(answer.instance);
  }
}

TEST(Invocation, CanBeCancelledInAnyState) {
  Rig rig;
  peko_component* sleep = rig.load("sleep");
  for (int round = 0; round < 20; ++round) {
    InvocationPtr started = rig.start(sleep, {.target = "/60000"});
    InvocationPtr waiting = rig.start(sleep, {.target = "/60000"});
    EXPECT_EQ(peko_invocation_poll(waiting.get(), kSliceNs), 0U);
    InvocationPtr finished = rig.start(sleep, {.target = "/60000"});
    EXPECT_EQ(peko_invocation_poll(finished.get(), kSliceNs), 0U);
    const Answer answer = rig.close(std::move(finished), {});
    EXPECT_EQ(answer.stats.outcome, PEKO_OUTCOME_CANCELLED);
    EXPECT_EQ(answer.instance, nullptr);
  }
  EXPECT_EQ(rig.call(sleep, {.target = "/1"}).stats.outcome, PEKO_OUTCOME_OK) << "all slots are free again";
}

TEST(Invocation, OutlivesItsComponent) {
  Rig rig;
  EnginePtr other = make_engine(compile_config());
  peko_component* component = rig.load("counter");
  InstancePtr warm = rig.call(component).instance;
  InvocationPtr call = rig.start(component, {}, std::move(warm));
  InvocationPtr fresh = rig.start(component, {});
  rig.unload(component);
  EXPECT_TRUE(rig.finish(std::move(call)).body.starts_with("served: 2"));
  EXPECT_TRUE(rig.finish(std::move(fresh)).body.starts_with("served: 1"));
}

TEST(Invocation, MovesAWarmInstanceToAnotherLoop) {
  Rig rig;
  peko_component* logger = rig.load("logger");
  InstancePtr warm = rig.call(logger).instance;
  Seen other;
  const peko_loop_hooks hooks = other.hooks();
  const LoopPtr loop(peko_loop_new(rig.engine(), &hooks));
  const peko_request_head head{.method = str("GET"),
                               .target = str("/moved"),
                               .authority = str("x"),
                               .fields = nullptr,
                               .field_count = 0,
                               .body_length = 0,
                               .https = 0};
  InvocationPtr call(peko_invocation_start(loop.get(), logger, warm.release(), &head, &rig.limits, 77));
  std::uint32_t flags = 0;
  do flags = peko_invocation_poll(call.get(), kSliceNs);
  while (other.woken(77));
  EXPECT_EQ(flags, PEKO_HEAD | PEKO_DONE);
  EXPECT_EQ(other.log(77, 1), "stdout: /moved\n");
}

}  // namespace
}  // namespace peko::bridge_test
