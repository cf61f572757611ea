// The deadlines of a connection. No test asserts how long something took, only that it happens.
#include <gtest/gtest.h>

#include <string>

#include "http/fake_client.hpp"

namespace peko::http {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kSoon{40};

TEST(H1Deadline, ClosesAnIdleConnection) {
  Limits limits;
  limits.idle_timeout = kSoon;
  Loopback at(limits);
  FakeClient silent(at);
  FakeClient served(at);
  ASSERT_TRUE(served.ask(kGet));
  ASSERT_TRUE(silent.expect_end());
  ASSERT_TRUE(served.expect_end());
  EXPECT_TRUE(silent.ended);
  EXPECT_TRUE(served.ended);
  EXPECT_TRUE(at.handler.rejections.empty());
}

TEST(H1Deadline, AnswersAHeadThatTakesTooLong) {
  Limits limits;
  limits.head_timeout = kSoon;
  Loopback at(limits);
  FakeClient client(at);
  ASSERT_TRUE(client.ask(kGet));
  // One byte at a time keeps nothing alive.
  std::string_view slow = "GET /a-long-path-that-never-ends";
  ASSERT_TRUE(at.until([&] {
    if (!slow.empty()) client.send(slow.substr(0, 1));
    if (!slow.empty()) slow.remove_prefix(1);
    return !client.receive();
  }));
  ASSERT_EQ(at.handler.rejections.size(), 1U);
  EXPECT_EQ(at.handler.rejections[0], Rejection::HeadTimeout);
  EXPECT_NE(client.received.find("HTTP/1.1 408 Request Timeout\r\n"), std::string::npos);
}

TEST(H1Deadline, FailsABodyThatStops) {
  Limits limits;
  limits.body_timeout = kSoon;
  Loopback at(limits);
  at.handler.on_request = at.handler.keep();
  FakeClient client(at);
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
  ASSERT_TRUE(at.until([&] { return at.handler.pending.size() == 1; }));
  Exchange& exchange = at.take();
  exchange.accept_body(100);
  exchange.consume(3);
  ASSERT_TRUE(at.until([&] { return exchange.body_state() == BodyState::Failed; }));
  EXPECT_FALSE(exchange.gone());
  FakeHandler::answer(exchange, 408, "too slow");
  ASSERT_TRUE(client.expect("too slow"));
}

TEST(H1Deadline, GivesTheClientAllTheTimeWhileNobodyWantsItsBody) {
  Limits limits;
  limits.body_timeout = kSoon;
  Loopback at(limits);
  at.handler.on_request = at.handler.keep();
  FakeClient client(at);
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
  ASSERT_TRUE(at.until([&] { return at.handler.pending.size() == 1; }));
  Exchange& exchange = at.take();
  exchange.accept_body(100);  // three bytes are at hand, which the handler does not take
  const net::TimePoint later = at.loop->now() + 3 * kSoon;
  ASSERT_TRUE(at.until([&] { return at.loop->now() >= later; }));
  EXPECT_EQ(exchange.body_state(), BodyState::Open);
  exchange.abort();
}

TEST(H1Deadline, ResetsAClientThatTakesNothing) {
  Limits limits;
  limits.write_timeout = kSoon;
  Loopback at(limits);
  at.handler.on_request = at.handler.keep();
  FakeClient client(at);
  client.send(kGet);
  ASSERT_TRUE(at.until([&] { return at.handler.pending.size() == 1; }));
  Exchange& exchange = at.take();
  const std::string large(20'000'000, 'x');
  exchange.send_head({});
  exchange.write(Chunk(large));
  ASSERT_TRUE(at.until([&] { return exchange.gone(); }));
  EXPECT_FALSE(exchange.finish());
  ASSERT_TRUE(client.expect_end());
  EXPECT_TRUE(client.reset);
}

TEST(H1Deadline, ResetsAClientThatTakesNothingAfterTheResponseIsComplete) {
  Limits limits;
  limits.write_timeout = kSoon;
  Loopback at(limits);
  const std::string large(20'000'000, 'x');
  at.handler.on_request = [&](Exchange& exchange) { FakeHandler::answer(exchange, 200, large); };
  FakeClient client(at);
  client.send(kGet);
  ASSERT_TRUE(at.until([&] { return at.server->connections() == 1; }));
  EXPECT_TRUE(at.until([&] { return at.server->connections() == 0; }));
}

TEST(H1Deadline, LetsASlowReaderTakeItsTimeAsLongAsItTakesBytes) {
  Limits limits;
  limits.write_timeout = milliseconds(200);
  limits.idle_timeout = milliseconds(200);
  Loopback at(limits);
  at.handler.on_request = at.handler.keep();
  FakeClient client(at);
  client.send(kGet);
  ASSERT_TRUE(at.until([&] { return at.handler.pending.size() == 1; }));
  Exchange& exchange = at.take();
  const std::string large(12'000'000, 'x');
  exchange.send_head({});
  exchange.write(Chunk(large));
  // Three times the timeout, with too few bytes taken for the kernel to call the socket writable within one.
  const net::TimePoint begin = at.loop->now();
  net::TimePoint next = begin;
  ASSERT_TRUE(at.until([&] {
    if (at.loop->now() >= next) {
      next += milliseconds(20);
      client.receive();
    }
    return exchange.gone() || at.loop->now() - begin > milliseconds(600);
  }));
  EXPECT_FALSE(exchange.gone());
  exchange.abort();
}

TEST(H1Deadline, LetsAPendingHandlerTakeItsTime) {
  Limits limits;
  limits.idle_timeout = limits.head_timeout = limits.body_timeout = limits.write_timeout = kSoon;
  Loopback at(limits);
  at.handler.on_request = at.handler.keep();
  FakeClient client(at);
  client.send(kGet);
  ASSERT_TRUE(at.until([&] { return at.handler.pending.size() == 1; }));
  const net::TimePoint later = at.loop->now() + 4 * kSoon;
  ASSERT_TRUE(at.until([&] { return at.loop->now() >= later; }));
  FakeHandler::answer(at.take(), 200, "at last");
  EXPECT_TRUE(client.expect("at last"));
}

}  // namespace
}  // namespace peko::http
