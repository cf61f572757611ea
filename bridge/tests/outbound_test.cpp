// Requests that guests send: the hook, bodies both ways, errors, limits, cancelling.
#include <algorithm>
#include <optional>

#include "rig.hpp"

namespace peko::bridge_test {
namespace {

using namespace std::chrono_literals;

TEST(Outbound, IsAnsweredWithABody) {
  Rig rig;
  InvocationPtr call = rig.start(rig.load("fetch"), {.target = "/api.example:8080/data?x=1"});
  Answer answer;
  const auto sent = until_outbound(rig, call.get(), answer);
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->token, rig.token(call.get()));
  EXPECT_EQ(sent->method, "GET");
  EXPECT_EQ(sent->uri, "http://api.example:8080/data?x=1");
  EXPECT_EQ(sent->fields, (Fields{{"host", "api.example:8080"}}));
  EXPECT_EQ(sent->connect_ns, 0U);
  peko_chunk chunk{};
  EXPECT_EQ(peko_outbound_next(rig.loop(), sent->id, sent->token, &chunk), PEKO_NEXT_END) << "a GET has no body";

  EXPECT_EQ(respond(rig, sent->id, 203, 0, {{"content-type", "text/plain"}, {"connection", "close"}}), 0);
  EXPECT_EQ(peko_outbound_push(rig.loop(), sent->id, "some ", 5), 5U);
  peko_outbound_push(rig.loop(), sent->id, "data", 4);
  peko_outbound_push_end(rig.loop(), sent->id, PEKO_COMPLETE, nullptr, 0);
  EXPECT_EQ(peko_outbound_push(rig.loop(), sent->id, "late", 4), SIZE_MAX) << "the end frees the id";
  const Answer done = rig.finish(std::move(call), std::move(answer));
  EXPECT_EQ(done.status, 203U);
  EXPECT_EQ(done.body, "some data");
  EXPECT_EQ(done.stats.outcome, PEKO_OUTCOME_OK);
  EXPECT_EQ(done.stats.outbound, 1U);
  EXPECT_NE(done.instance, nullptr);
  EXPECT_FALSE(rig.seen.cancelled(sent->id));
}

TEST(Outbound, CarriesEachErrorCode) {
  Rig rig;
  peko_component* fetch = rig.load("fetch");
  InstancePtr warm;
  for (std::uint32_t code = 0; code < 39; ++code) {
    InvocationPtr call = rig.start(fetch, {.target = "/a/"}, std::move(warm));
    Answer answer;
    const auto sent = until_outbound(rig, call.get(), answer);
    ASSERT_TRUE(sent);
    EXPECT_EQ(respond(rig, sent->id, 0, code), 0);
    EXPECT_EQ(respond(rig, sent->id, 200), 1) << "an error is the end of it";
    Answer done = rig.finish(std::move(call), std::move(answer));
    EXPECT_EQ(done.status, 502U);
    EXPECT_EQ(done.body, "error-code " + std::to_string(code) + "\n");
    warm = std::move(done.instance);
  }
}

TEST(Outbound, TurnsAResponseThatIsNoneIntoAProtocolError) {
  Rig rig;
  peko_component* fetch = rig.load("fetch");
  for (const auto& [status, fields] :
       std::vector<std::pair<std::uint32_t, Fields>>{{99, {}}, {1000, {}}, {200, {{"a b", "c"}}}}) {
    InvocationPtr call = rig.start(fetch, {.target = "/a/"});
    Answer answer;
    const auto sent = until_outbound(rig, call.get(), answer);
    ASSERT_TRUE(sent);
    EXPECT_EQ(respond(rig, sent->id, status, 0, fields), 0);
    EXPECT_EQ(rig.finish(std::move(call), std::move(answer)).body, "error-code 35\n");
  }
}

TEST(Outbound, StreamsTheRequestBodyOut) {
  Rig rig;
  constexpr std::size_t kSize = 3'000'000;
  InvocationPtr call = rig.start(rig.load("probe"), {.target = "/post/api/" + std::to_string(kSize)});
  Answer answer;
  const auto sent = until_outbound(rig, call.get(), answer);
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->method, "POST");
  EXPECT_EQ(sent->connect_ns, 1'000'000U);
  EXPECT_EQ(sent->first_byte_ns, 2'000'000U);
  EXPECT_EQ(sent->between_bytes_ns, 3'000'000U);

  constexpr std::uint64_t kOutToken = 1'000'000;
  std::string body;
  std::size_t most = 0;
  int end = PEKO_NEXT_PENDING;
  while (end == PEKO_NEXT_PENDING) {
    std::size_t round = 0;
    peko_chunk chunk{};
    while ((end = peko_outbound_next(rig.loop(), sent->id, kOutToken, &chunk)) == PEKO_NEXT_DATA) {
      body.append(chunk.data, chunk.size);
      round += chunk.size;
      peko_chunk_release(&chunk);
    }
    most = std::max(most, round);
    // The token is woken when there is more; until then the guest, which may only have ended its slice, goes on.
    while (end == PEKO_NEXT_PENDING && !rig.seen.woken(kOutToken)) {
      ASSERT_TRUE(rig.seen.wait(rig.token(call.get())));
      ASSERT_FALSE(rig.turn(call.get(), answer));
    }
  }
  EXPECT_EQ(end, PEKO_NEXT_END);
  ASSERT_EQ(body.size(), kSize);
  EXPECT_LE(most, 17U * 65536U) << "what waits is bounded";
  for (std::size_t i = 0; i < kSize; ++i) ASSERT_EQ(static_cast<unsigned char>(body[i]), i % 10007 % 251) << i;

  EXPECT_EQ(respond(rig, sent->id, 201), 0);
  peko_outbound_push_end(rig.loop(), sent->id, PEKO_COMPLETE, nullptr, 0);
  EXPECT_EQ(rig.finish(std::move(call), std::move(answer)).body, "201 closed 0");
}

TEST(Outbound, PassesTheResponseBodyOnWithBackPressure) {
  Rig rig;
  InvocationPtr call = rig.start(rig.load("fetch"), {.target = "/a/"});
  Answer answer;
  const auto sent = until_outbound(rig, call.get(), answer);
  ASSERT_TRUE(sent);
  EXPECT_EQ(respond(rig, sent->id, 200), 0);
  const std::string piece(50'000, 'p');
  std::size_t pushed = 0;
  while (peko_outbound_push(rig.loop(), sent->id, piece.data(), piece.size()) < 200'000) pushed += piece.size();
  pushed += piece.size();
  EXPECT_EQ(peko_outbound_push(rig.loop(), sent->id, nullptr, 0), pushed) << "an empty piece asks";
  const std::size_t wants = rig.seen.wants();
  while (peko_outbound_push(rig.loop(), sent->id, nullptr, 0) != 0) {
    ASSERT_TRUE(rig.seen.wait(sent->token));
    ASSERT_FALSE(rig.turn(call.get(), answer));
  }
  EXPECT_GT(rig.seen.wants(), wants) << "a guest with room asks for more";
  peko_outbound_push_end(rig.loop(), sent->id, PEKO_COMPLETE, nullptr, 0);
  EXPECT_EQ(rig.finish(std::move(call), std::move(answer)).body.size(), pushed);
}

TEST(Outbound, TellsTheGuestOfAResponseThatWasCutOff) {
  Rig rig;
  InvocationPtr call = rig.start(rig.load("probe"), {.target = "/post/api/0"});
  Answer answer;
  const auto sent = until_outbound(rig, call.get(), answer);
  ASSERT_TRUE(sent);
  EXPECT_EQ(respond(rig, sent->id, 200), 0);
  peko_outbound_push(rig.loop(), sent->id, "123", 3);
  peko_outbound_push_end(rig.loop(), sent->id, 9, nullptr, 0);
  EXPECT_EQ(rig.finish(std::move(call), std::move(answer)).body, "200 failed 3");
}

TEST(Outbound, IsCancelledWhenTheGuestDropsTheFuture) {
  Rig rig;
  const Answer answer = rig.call(rig.load("probe"), {.target = "/drop/api"});
  EXPECT_EQ(answer.body, "dropped 0");
  const auto sent = rig.seen.take_outbound();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_TRUE(rig.seen.wait_cancelled(sent[0].id));
  EXPECT_EQ(respond(rig, sent[0].id, 200), 1);
  EXPECT_EQ(peko_outbound_push(rig.loop(), sent[0].id, "x", 1), SIZE_MAX);
  peko_chunk chunk{};
  EXPECT_EQ(peko_outbound_next(rig.loop(), sent[0].id, 1, &chunk), PEKO_NEXT_ABORTED);
}

TEST(Outbound, IsCancelledWhenTheGuestDropsTheBody) {
  Rig rig;
  InvocationPtr call = rig.start(rig.load("probe"), {.target = "/dropbody/api"});
  Answer answer;
  const auto sent = until_outbound(rig, call.get(), answer);
  ASSERT_TRUE(sent);
  EXPECT_EQ(respond(rig, sent->id, 200), 0);
  peko_outbound_push(rig.loop(), sent->id, "much more than four", 19);
  EXPECT_EQ(rig.finish(std::move(call), std::move(answer)).body, "dropped 1");
  EXPECT_TRUE(rig.seen.wait_cancelled(sent->id));
  EXPECT_EQ(peko_outbound_push(rig.loop(), sent->id, "x", 1), SIZE_MAX);
}

TEST(Outbound, IsCancelledWithItsInvocation) {
  Rig rig;
  InvocationPtr call = rig.start(rig.load("probe"), {.target = "/post/api/3000000"});
  Answer answer;
  const auto sent = until_outbound(rig, call.get(), answer);
  ASSERT_TRUE(sent);
  call.reset();
  EXPECT_TRUE(rig.seen.cancelled(sent->id)) << "at once, not by another thread later";
  peko_chunk chunk{};
  EXPECT_EQ(peko_outbound_next(rig.loop(), sent->id, 1, &chunk), PEKO_NEXT_ABORTED) << "never the end of a whole body";
}

TEST(Outbound, IsLimitedInNumber) {
  Rig rig;
  rig.limits.outbound = 2;
  InvocationPtr call = rig.start(rig.load("probe"), {.target = "/many/3"});
  Answer answer;
  for (int i = 0; i < 2; ++i) {
    const auto sent = until_outbound(rig, call.get(), answer);
    ASSERT_TRUE(sent);
    EXPECT_EQ(sent->uri, "http://many/" + std::to_string(i));
    EXPECT_EQ(respond(rig, sent->id, 204), 0);
    peko_outbound_push_end(rig.loop(), sent->id, PEKO_COMPLETE, nullptr, 0);
  }
  const Answer done = rig.finish(std::move(call), std::move(answer));
  EXPECT_EQ(done.body, "error-code 11") << "connection-limit-reached";
  EXPECT_TRUE(rig.seen.take_outbound().empty());
  EXPECT_EQ(done.stats.outbound, 3U) << "the refused one is counted";
}

}  // namespace
}  // namespace peko::bridge_test
