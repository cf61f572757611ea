#include "http/client_pool.hpp"

#include <gtest/gtest.h>

#include "http/fake_origin.hpp"

namespace peko::http {
namespace {

using Exchange = std::unique_ptr<ClientExchange>;

TEST(ClientPool, UsesAConnectionForOneRequestAfterTheOther) {
  ClientRig at;
  at.origin.answer = kHello;
  for (int i = 0; i < 10; ++i) EXPECT_EQ(at.fetch(), "hello");
  EXPECT_EQ(at.origin.connections.size(), 1U);
  EXPECT_EQ(at.pool.counts().dialled, 1U);
  EXPECT_EQ(at.pool.counts().reused, 9U);
}

TEST(ClientPool, SharesNoConnectionBetweenPartitionsNorOrigins) {
  ClientRig at;
  at.origin.answer = kHello;
  at.resolver.answer("a.example", {"127.0.0.1"});
  ClientRequest other = at.get();
  other.partition = "g";
  ClientRequest named = at.get();
  named.host = "a.example";
  for (const ClientRequest& request : {at.get(), other, named}) {
    const Exchange exchange = at.ask(request);
    ASSERT_TRUE(at.end(*exchange));
  }
  EXPECT_EQ(at.origin.connections.size(), 3U);
  EXPECT_EQ(at.pool.counts().reused, 0U);
  EXPECT_EQ(at.pool.counts().idle, 3U);
}

TEST(ClientPool, TakesTheConnectionThatWasUsedLast) {
  ClientRig at;
  at.origin.answer = kHello;
  const Exchange first = at.ask();
  const Exchange second = at.ask();
  ASSERT_TRUE(at.end(*first) && at.end(*second));
  ASSERT_EQ(at.pool.counts().idle, 2U);
  at.origin.answer.clear();
  const Exchange third = at.ask();
  ASSERT_TRUE(at.until(
      [&] { return at.origin.connections[0].received.size() + at.origin.connections[1].received.size() > 0; }));
  const std::size_t used = at.origin.connections[0].received.empty() ? 1 : 0;
  at.origin.connections[used].say(kHello);
  ASSERT_TRUE(at.end(*third));
  const Exchange fourth = at.ask();
  EXPECT_TRUE(at.until([&] { return at.origin.connections[used].received.size() > 60; }));
}

TEST(ClientPool, ForgetsAConnectionThatTheServerCloses) {
  ClientRig at;
  at.origin.answer = kHello;
  EXPECT_EQ(at.fetch(), "hello");
  ASSERT_EQ(at.pool.counts().idle, 1U);
  at.origin.connections[0].close();
  EXPECT_TRUE(at.until([&] { return at.pool.counts().open == 0; }));
  EXPECT_EQ(at.fetch(), "hello");
  EXPECT_EQ(at.pool.counts().dialled, 2U);
}

TEST(ClientPool, ForgetsAConnectionOnWhichTheServerSaysWhatNobodyAsked) {
  ClientRig at;
  at.origin.answer = kHello;
  EXPECT_EQ(at.fetch(), "hello");
  at.origin.connections[0].say(kHello);
  EXPECT_TRUE(at.until([&] { return at.pool.counts().open == 0; }));
}

TEST(ClientPool, KeepsNoConnectionWithBytesBehindTheResponse) {
  ClientRig at;
  at.origin.answer = std::string(kHello) + std::string(kHello);
  EXPECT_EQ(at.fetch(), "hello");
  EXPECT_EQ(at.pool.counts().open, 0U);
}

TEST(ClientPool, KeepsNoConnectionThatTheServerDoesNotKeep) {
  for (const std::string_view head : {"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 5\r\n\r\nhello",
                                      "HTTP/1.0 200 OK\r\ncontent-length: 5\r\n\r\nhello"}) {
    ClientRig at;
    at.origin.answer = head;
    EXPECT_EQ(at.fetch(), "hello");
    EXPECT_EQ(at.pool.counts().open, 0U);
  }
}

TEST(ClientPool, KeepsNoConnectionWhoseRequestIsNotComplete) {
  ClientRig at;
  ClientRequest request = at.get();
  request.method = "POST";
  request.body_length.reset();
  const Exchange exchange = at.ask(request);
  ASSERT_TRUE(at.expect(0, "\r\n\r\n"));
  at.origin.connections[0].say("HTTP/1.1 413 Too much\r\ncontent-length: 0\r\n\r\n");
  ASSERT_TRUE(at.end(*exchange));
  EXPECT_EQ(exchange->head()->status, 413U);
  EXPECT_EQ(at.pool.counts().open, 0U);
  EXPECT_TRUE(exchange->writable()) << "and drops what is written";
  exchange->write(Chunk("late"));
  exchange->finish();
}

TEST(ClientPool, ClosesWhatHasBeenIdleForLong) {
  ClientRig at({.idle_timeout = std::chrono::milliseconds(20)});
  at.origin.answer = kHello;
  EXPECT_EQ(at.fetch(), "hello");
  ASSERT_EQ(at.pool.counts().idle, 1U);
  EXPECT_TRUE(at.until([&] { return at.pool.counts().open == 0; }));
  EXPECT_TRUE(at.until([&] { return at.origin.connections[0].ended; }));
}

TEST(ClientPool, ClosesWhatIsIdleWhenAsked) {
  ClientRig at;
  at.origin.answer = kHello;
  const Exchange first = at.ask();
  const Exchange second = at.ask();
  ASSERT_TRUE(at.end(*first) && at.end(*second));
  at.pool.close_idle();
  EXPECT_EQ(at.pool.counts().open, 0U);
}

TEST(ClientPool, LetsRequestsWaitForTheConnectionsOfASite) {
  ClientRig at({.connections_per_site = 2});
  std::vector<Exchange> exchanges;
  for (int i = 0; i < 20; ++i) exchanges.push_back(at.ask());
  at.settle();
  EXPECT_EQ(at.origin.connections.size(), 2U);
  EXPECT_EQ(at.pool.counts().waiting, 18U);
  at.origin.answer = kHello;
  for (auto& each : at.origin.connections) each.say(kHello);
  for (auto& each : at.origin.connections) each.received.clear();
  for (const Exchange& exchange : exchanges) {
    ASSERT_TRUE(at.end(*exchange));
    EXPECT_EQ(exchange->fault(), std::nullopt);
  }
  EXPECT_EQ(at.origin.connections.size(), 2U);
}

TEST(ClientPool, RefusesWhenTooManyWait) {
  ClientRig at({.connections_per_site = 1, .waiting_per_site = 2});
  const Exchange a = at.ask(), b = at.ask(), c = at.ask(), d = at.ask();
  EXPECT_EQ(d->fault(), ClientFault::ConnectionLimitReached);
  EXPECT_EQ(d->body_state(), BodyState::Failed);
  EXPECT_EQ(c->fault(), std::nullopt);
}

TEST(ClientPool, LetsAWaitingRequestGoInTime) {
  ClientRig at({.connections_per_site = 1});
  const Exchange busy = at.ask();
  ClientRequest request = at.get();
  request.connect_timeout = std::chrono::milliseconds(20);
  const Exchange waits = at.ask(request);
  ASSERT_TRUE(at.end(*waits));
  EXPECT_EQ(waits->fault(), ClientFault::ConnectionTimeout);
  EXPECT_EQ(at.pool.counts().waiting, 0U);
}

TEST(ClientPool, ServesTheNextOneWhenAConnectionIsLost) {
  ClientRig at({.connections_per_site = 1});
  Exchange given_up = at.ask();
  Exchange gone = at.ask();
  const Exchange waits = at.ask();
  ASSERT_TRUE(at.expect(0, "\r\n\r\n"));
  gone.reset();
  given_up.reset();
  ASSERT_TRUE(at.expect(1, "\r\n\r\n"));
  EXPECT_TRUE(at.until([&] { return at.origin.connections[0].reset; })) << "what is given up is cut off";
  at.origin.connections[1].say(kHello);
  ASSERT_TRUE(at.end(*waits));
  EXPECT_EQ(waits->fault(), std::nullopt);
}

TEST(ClientPool, ClosesTheOldestIdleConnectionForOneThatIsNeeded) {
  ClientRig at({.connections_max = 2});
  at.origin.answer = kHello;
  for (const char* partition : {"f", "g", "h"}) {
    ClientRequest request = at.get();
    request.partition = partition;
    const Exchange exchange = at.ask(request);
    ASSERT_TRUE(at.end(*exchange));
    EXPECT_EQ(exchange->fault(), std::nullopt);
    net::turn(*at.loop);
  }
  EXPECT_EQ(at.pool.counts().open, 2U);
  EXPECT_TRUE(at.until([&] { return at.origin.connections[0].ended; }));
}

TEST(ClientPool, ServesAnotherSiteWhenTheLoopHasAPlaceAgain) {
  ClientRig at({.connections_max = 1});
  Exchange busy = at.ask();
  ClientRequest request = at.get();
  request.partition = "g";
  const Exchange waits = at.ask(request);
  ASSERT_TRUE(at.expect(0, "\r\n\r\n"));
  EXPECT_EQ(at.pool.counts().waiting, 1U);
  busy.reset();
  EXPECT_TRUE(at.expect(1, "\r\n\r\n"));
}

TEST(ClientPool, ServesAnotherSiteWhenAConnectionBecomesIdle) {
  ClientRig at({.connections_max = 1});
  const Exchange busy = at.ask();
  ClientRequest request = at.get();
  request.partition = "g";
  const Exchange waits = at.ask(request);
  ASSERT_TRUE(at.expect(0, "\r\n\r\n"));
  at.origin.connections[0].say(kHello);
  ASSERT_TRUE(at.end(*busy));
  EXPECT_TRUE(at.expect(1, "\r\n\r\n"));
}

TEST(ClientPool, SendsAgainWhatAKeptConnectionLost) {
  for (const bool with_reset : {false, true}) {
    ClientRig at;
    at.origin.answer = kHello;
    EXPECT_EQ(at.fetch(), "hello");
    at.origin.answer.clear();
    const Exchange exchange = at.ask();
    ASSERT_TRUE(at.expect(0, "\r\n\r\n"));
    if (with_reset) net::reset(std::move(at.origin.connections[0].socket));
    at.origin.connections[0].close();
    ASSERT_TRUE(at.expect(1, "GET / HTTP/1.1\r\nhost: a.example\r\n\r\n"));
    at.origin.connections[1].say(kHello);
    ASSERT_TRUE(at.end(*exchange));
    EXPECT_EQ(exchange->fault(), std::nullopt);
  }
}

TEST(ClientPool, SendsAgainOnlyOnce) {
  ClientRig at;
  at.origin.answer = kHello;
  EXPECT_EQ(at.fetch(), "hello");
  at.origin.answer.clear();
  const Exchange exchange = at.ask();
  ASSERT_TRUE(at.expect(0, "\r\n\r\n"));
  at.origin.connections[0].close();
  ASSERT_TRUE(at.expect(1, "\r\n\r\n"));
  at.origin.connections[1].close();
  ASSERT_TRUE(at.end(*exchange));
  EXPECT_EQ(exchange->fault(), ClientFault::ConnectionTerminated);
}

struct NotAgain {
  const char* what;
  const char* method;
  std::optional<std::uint64_t> body_length;
  std::string_view body;
  std::string_view said;  // before the server closes
  ClientFault fault;
};

TEST(ClientPool, SendsNothingAgainThatMayHaveBeenDone) {
  const NotAgain rows[] = {
      {"not idempotent", "POST", 0, "", "", ClientFault::ConnectionTerminated},
      {"begun body", "PUT", std::nullopt, "a", "", ClientFault::ConnectionTerminated},
      {"begun response", "GET", 0, "", "HTTP/1.1 2", ClientFault::HttpResponseIncomplete},
  };
  for (const NotAgain& row : rows) {
    ClientRig at;
    at.origin.answer = kHello;
    EXPECT_EQ(at.fetch(), "hello");
    at.origin.answer.clear();
    ClientRequest request = at.get();
    request.method = row.method;
    request.body_length = row.body_length;
    const Exchange exchange = at.ask(request);
    exchange->write(Chunk(row.body));
    ASSERT_TRUE(at.expect(0, "\r\n\r\n")) << row.what;
    at.origin.connections[0].say(row.said);
    at.settle();
    at.origin.connections[0].close();
    ASSERT_TRUE(at.end(*exchange)) << row.what;
    EXPECT_EQ(exchange->fault(), row.fault) << row.what;
    EXPECT_EQ(at.pool.counts().dialled, 1U) << row.what;
  }
}

TEST(ClientPool, SendsNothingAgainThatAFreshConnectionLost) {
  ClientRig at;
  const Exchange exchange = at.ask();
  ASSERT_TRUE(at.expect(0, "\r\n\r\n"));
  at.origin.connections[0].close();
  ASSERT_TRUE(at.end(*exchange));
  EXPECT_EQ(exchange->fault(), ClientFault::ConnectionTerminated);
  EXPECT_EQ(at.pool.counts().dialled, 1U);
}

TEST(ClientPool, SaysWhyThereIsNoConnection) {
  struct Row {
    const char* host;
    std::uint16_t port;
    ClientFault fault;
  };
  const std::uint16_t closed = FakeOrigin().port();
  const Row rows[] = {
      {"127.0.0.1", closed, ClientFault::ConnectionRefused},
      {"unknown.example", 80, ClientFault::DnsError},
      {"silent.example", 80, ClientFault::DnsTimeout},
      {"private.example", closed, ClientFault::DestinationIpProhibited},
      {"10.0.0.1", 80, ClientFault::DestinationIpProhibited},
  };
  for (const Row& row : rows) {
    ClientRig at;
    at.resolver.silent = {"silent.example"};
    at.resolver.answer("private.example", {"10.0.0.1"});
    at.guard.refused = {"10.0.0.1"};
    ClientRequest request = at.get();
    request.host = row.host;
    request.port = row.port;
    if (row.fault == ClientFault::DnsTimeout) request.connect_timeout = std::chrono::milliseconds(20);
    const Exchange exchange = at.ask(request);
    ASSERT_TRUE(at.end(*exchange)) << row.host;
    EXPECT_EQ(exchange->fault(), row.fault) << row.host;
    EXPECT_EQ(at.pool.counts().open, 0U);
  }
}

TEST(ClientPool, ConnectsNowhereForARequestThatIsMalformed) {
  ClientRig at;
  ClientRequest request = at.get();
  request.target = "/ HTTP/1.1\r\nx: y";
  const Exchange exchange = at.ask(request);
  EXPECT_EQ(exchange->fault(), ClientFault::HttpProtocolError);
  EXPECT_TRUE(at.progress.is_set());
  at.settle();
  EXPECT_TRUE(at.origin.connections.empty());
}

TEST(ClientPool, GivesUpInEveryPhase) {
  ClientRig at({.connections_per_site = 1});
  at.resolver.silent = {"silent.example"};
  ClientRequest silent = at.get();
  silent.host = "silent.example";
  Exchange resolving = at.ask(silent);
  Exchange dialling = at.ask();
  Exchange waiting = at.ask();
  net::turn(*at.loop);
  waiting.reset();
  dialling.reset();
  resolving.reset();
  EXPECT_EQ(at.pool.counts().open, 0U);
  EXPECT_EQ(at.pool.counts().waiting, 0U);
}

}  // namespace
}  // namespace peko::http
