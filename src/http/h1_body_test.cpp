// The bodies of requests, on a connection.
#include <gtest/gtest.h>

#include <string>

#include "http/fake_client.hpp"

namespace peko::http {
namespace {

std::string text(std::span<const char> bytes) { return {bytes.data(), bytes.size()}; }

// Takes all that is at hand, with its memory where that goes. Returns how often it went.
int drink(Exchange& exchange, std::string& into) {
  int whole = 0;
  while (!exchange.body().empty()) {
    if (const Chunk taken = exchange.take_body(); !taken.bytes().empty()) {
      into += taken.bytes();
      whole++;
      continue;
    }
    into += text(exchange.body());
    exchange.consume(exchange.body().size());
  }
  return whole;
}

Exchange& begin(Loopback& at, FakeClient& client, std::string_view request) {
  at.handler.on_request = at.handler.keep();
  client.send(request);
  EXPECT_TRUE(at.until([&] { return at.handler.pending.size() == 1; }));
  return at.take();
}

TEST(H1Body, IsAtHandAtOnceWhenItCameWithTheHead) {
  Loopback at;
  std::string body;
  at.handler.on_request = [&](Exchange& exchange) {
    exchange.accept_body(100);
    EXPECT_EQ(exchange.body_state(), BodyState::Complete);
    drink(exchange, body);
    FakeHandler::answer(exchange, 200, "done");
  };
  FakeClient client(at);
  ASSERT_TRUE(
      client.ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcdePOST / HTTP/1.1\r\nHost: a\r\n"
                 "Transfer-Encoding: chunked\r\n\r\n3\r\nfgh\r\n2\r\nij\r\n0\r\n\r\n",
                 "doneHTTP/1.1 200"));
  ASSERT_TRUE(at.until([&] { return client.receive() && client.count("done") == 2; }));
  EXPECT_EQ(body, "abcdefghij");
}

TEST(H1Body, StreamsAMegabyteWhateverTheFraming) {
  std::string expected;
  while (expected.size() < 1'000'000) expected += "line " + std::to_string(expected.size()) + "\n";
  std::string chunked;
  for (std::size_t at = 0, size = 1; at < expected.size(); at += size, size = size * 3 % 70'001 + 1) {
    char line[32];
    const std::string_view piece = std::string_view(expected).substr(at, size);
    std::snprintf(line, sizeof(line), "%zx\r\n", piece.size());
    chunked += line + std::string(piece) + "\r\n";
  }
  const std::string requests[] = {
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(expected.size()) + "\r\n\r\n" + expected,
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked + "0\r\nx-sum: 9\r\n\r\n"};
  for (const std::string& request : requests) {
    Loopback at;
    FakeClient client(at);
    Exchange& exchange = begin(at, client, request.substr(0, 100));
    net::Event event(*at.loop);
    exchange.notify(&event);
    exchange.accept_body(10'000'000);
    std::string body;
    std::size_t sent = 100;
    std::size_t largest = 0;
    int whole = 0;
    ASSERT_TRUE(at.until([&] {
      const ssize_t count =
          ::send(client.fd(), request.data() + sent, request.size() - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (count > 0) sent += static_cast<std::size_t>(count);
      largest = std::max(largest, exchange.body().size());
      // What came with the head lies in a small buffer. Of a known length there is room for more before it is taken.
      const bool enough = body.empty() || request == requests[1] || exchange.body().size() >= 100'000;
      if (enough) whole += drink(exchange, body);
      return exchange.body_state() != BodyState::Open;
    }));
    drink(exchange, body);
    EXPECT_EQ(exchange.body_state(), BodyState::Complete);
    EXPECT_TRUE(body == expected);
    EXPECT_LE(largest, net::BufferPool::kBlockBytes);
    EXPECT_TRUE(whole > 0 || request == requests[1]) << "its length is known, so it is received into a block";
    EXPECT_TRUE(event.is_set());
    EXPECT_EQ(exchange.bytes_in(), expected.size());
    EXPECT_EQ(exchange.trailers().size(), request == requests[1] ? 1U : 0U);
    FakeHandler::answer(exchange, 200, "done");
    EXPECT_TRUE(client.expect("done"));
    client.send(kGet);
    EXPECT_TRUE(at.until([&] { return at.handler.pending.size() == 1; }))
        << "the next request begins where the body ended";
  }
}

TEST(H1Body, IsReceivedOnlyAsFastAsTheHandlerConsumes) {
  Loopback at;
  FakeClient client(at);
  Exchange& exchange = begin(at, client, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50000000\r\n\r\n");
  const std::string piece(65'536, 'x');
  const auto push = [&] { return ::send(client.fd(), piece.data(), piece.size(), MSG_DONTWAIT | MSG_NOSIGNAL); };
  const auto fill = [&] {
    for (int idle = 0; idle < 20; idle = push() > 0 ? 0 : idle + 1) at.turn();
  };
  fill();
  EXPECT_EQ(exchange.bytes_in(), 0U) << "nothing is received before the body is accepted";
  exchange.accept_body(100'000'000);
  fill();
  const std::uint64_t held = exchange.bytes_in();
  EXPECT_GT(held, 0U);
  EXPECT_LE(held, net::BufferPool::kBlockBytes);
  fill();
  EXPECT_EQ(exchange.bytes_in(), held) << "it waits";
  exchange.consume(exchange.body().size());
  fill();
  EXPECT_GT(exchange.bytes_in(), held) << "it goes on";
  exchange.abort();
}

TEST(H1Body, SendsContinueWhenTheBodyIsAccepted) {
  Loopback at;
  FakeClient client(at);
  Exchange& exchange =
      begin(at, client, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  at.settle();
  EXPECT_EQ(client.waiting(), 0);
  exchange.accept_body(100);
  ASSERT_TRUE(client.expect("HTTP/1.1 100 Continue\r\n\r\n"));
  client.send("abcde");
  ASSERT_TRUE(at.until([&] { return exchange.body_state() == BodyState::Complete; }));
  EXPECT_EQ(text(exchange.body()), "abcde");
  FakeHandler::answer(exchange, 200, "done");
  ASSERT_TRUE(client.expect("done"));
  EXPECT_EQ(client.received.find("connection: close"), std::string::npos);
  EXPECT_TRUE(at.handler.pending.empty());
}

TEST(H1Body, SendsNoContinueToAClientThatDoesNotWait) {
  Loopback at;
  FakeClient client(at);
  Exchange& exchange =
      begin(at, client, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nabc");
  exchange.accept_body(100);
  client.send("de");
  ASSERT_TRUE(at.until([&] { return exchange.body_state() == BodyState::Complete; }));
  FakeHandler::answer(exchange, 200, "done");
  ASSERT_TRUE(client.expect("done"));
  EXPECT_EQ(client.count("HTTP/1.1 "), 1U);
}

TEST(H1Body, ClosesWhenAClientWaitsForContinueInVain) {
  Loopback at;
  at.handler.on_request = [](Exchange& exchange) { FakeHandler::answer(exchange, 403, "no"); };
  FakeClient client(at);
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  ASSERT_TRUE(client.expect_end());
  EXPECT_TRUE(client.ended);
  EXPECT_EQ(client.count("HTTP/1.1 "), 1U);
  EXPECT_NE(client.received.find("connection: close\r\n"), std::string::npos);
}

TEST(H1Body, DiscardsASmallRestThatNobodyReads) {
  Loopback at;
  at.handler.on_request = [](Exchange& exchange) { FakeHandler::answer(exchange, 200, "done"); };
  for (const std::string& request :
       {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n" + std::string(60'000, 'x'),
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nea60\r\n" + std::string(60'000, 'x') +
            "\r\n0\r\n\r\n"}) {
    FakeClient client(at);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(client.ask(request, "done"));
    EXPECT_EQ(client.received.find("connection: close"), std::string::npos);
  }
  EXPECT_EQ(at.handler.seen.size(), 6U);
}

TEST(H1Body, LetsTheClientReadA413WhileItStillSends) {
  Loopback at;
  at.handler.on_request = [](Exchange& exchange) {
    exchange.accept_body(1'000'000);
    EXPECT_EQ(exchange.body_state(), BodyState::Failed);
    EXPECT_TRUE(exchange.body_too_large());
    FakeHandler::answer(exchange, 413, "too large");
  };
  FakeClient client(at);
  // Nothing of the answer is read before all of it is sent: a reset would lose the answer.
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8000000\r\n\r\n" + std::string(8'000'000, 'x'));
  client.shut_down_sending();
  ASSERT_TRUE(client.expect_end());
  EXPECT_TRUE(client.ended);
  EXPECT_TRUE(client.received.starts_with("HTTP/1.1 413 "));
  EXPECT_NE(client.received.find("connection: close\r\n"), std::string::npos);
  EXPECT_TRUE(client.received.ends_with("too large"));
  EXPECT_TRUE(at.until([&] { return at.server->connections() == 0; }));
}

TEST(H1Body, ReadsNoMoreThanItsBoundWhileItLingers) {
  Loopback at;
  at.handler.on_request = [](Exchange& exchange) { FakeHandler::answer(exchange, 413, "too large"); };
  FakeClient client(at);
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 900000000\r\n\r\n");
  const std::string piece(1 << 20, 'x');
  std::size_t sent = 0;
  for (int idle = 0; idle < 20;) {
    const ssize_t count = ::send(client.fd(), piece.data(), piece.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count > 0) sent += static_cast<std::size_t>(count);
    idle = count > 0 ? 0 : idle + 1;
    ASSERT_LT(sent, std::size_t{200} << 20);
    at.turn();
  }
  client.receive();
  EXPECT_TRUE(client.received.ends_with("too large")) << "and the answer is still there to read";
  EXPECT_GT(sent, std::size_t{1} << 20);
}

TEST(H1Body, FailsOnceItIsLongerThanAccepted) {
  Loopback at;
  FakeClient client(at);
  Exchange& exchange = begin(at, client, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  net::Event event(*at.loop);
  exchange.notify(&event);
  exchange.accept_body(10);
  client.send("6\r\nabcdef\r\n");
  ASSERT_TRUE(at.until([&] { return exchange.bytes_in() == 6; }));
  EXPECT_EQ(exchange.body_state(), BodyState::Open);
  client.send("6\r\nghijkl\r\n0\r\n\r\n");
  ASSERT_TRUE(at.until([&] { return exchange.body_state() == BodyState::Failed; }));
  EXPECT_TRUE(exchange.body_too_large());
  EXPECT_TRUE(event.is_set());
  FakeHandler::answer(exchange, 413, "too large");
  ASSERT_TRUE(client.expect_end());
  EXPECT_TRUE(client.received.ends_with("too large"));
}

TEST(H1Body, FailsWhenItsFramingBreaks) {
  Loopback at;
  FakeClient client(at);
  Exchange& exchange =
      begin(at, client, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  exchange.accept_body(100);
  EXPECT_EQ(exchange.body_state(), BodyState::Open);
  client.send("what?\r\n");
  ASSERT_TRUE(at.until([&] { return exchange.body_state() == BodyState::Failed; }));
  EXPECT_FALSE(exchange.body_too_large());
  EXPECT_FALSE(exchange.gone());
  FakeHandler::answer(exchange, 400, "bad");
  ASSERT_TRUE(client.expect_end());
  EXPECT_TRUE(client.received.ends_with("bad"));
}

TEST(H1Body, FailsWhenTheClientStopsInTheMiddle) {
  Loopback at;
  FakeClient client(at);
  Exchange& exchange = begin(at, client, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
  exchange.accept_body(100);
  client.shut_down_sending();
  ASSERT_TRUE(at.until([&] { return exchange.body_state() == BodyState::Failed; }));
  EXPECT_FALSE(exchange.gone());
  FakeHandler::answer(exchange, 400, "incomplete");
  ASSERT_TRUE(client.expect_end());
  EXPECT_TRUE(client.ended);
  EXPECT_TRUE(client.received.ends_with("incomplete"));
}

TEST(H1Body, FailsWhenTheClientResets) {
  Loopback at;
  FakeClient client(at);
  Exchange& exchange = begin(at, client, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
  exchange.accept_body(100);
  client.reset_now();
  ASSERT_TRUE(at.until([&] { return exchange.gone(); }));
  EXPECT_EQ(exchange.body_state(), BodyState::Failed);
  // What was at hand may still be looked at and consumed.
  exchange.consume(exchange.body().size());
  exchange.abort();
}

TEST(H1Body, StaysAtHandWhenTheClientIsFoundGoneInTheMiddleOfAStep) {
  Loopback at;
  FakeClient client(at);
  Exchange& exchange = begin(at, client, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
  exchange.accept_body(100);
  exchange.send_head({});
  const std::string large(1 << 20, 'x');
  const std::span<const char> seen = exchange.body();
  client.reset_now();
  for (int i = 0; i < 20 && !exchange.gone(); ++i) exchange.write(Chunk(large));
  ASSERT_TRUE(exchange.gone());
  EXPECT_EQ(text(seen), "abc");
  exchange.consume(3);
  EXPECT_FALSE(exchange.finish());
}

}  // namespace
}  // namespace peko::http
