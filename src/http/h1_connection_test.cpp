#include "http/h1_connection.hpp"

#include <gtest/gtest.h>

#include <string>

#include "http/fake_client.hpp"

namespace peko::http {
namespace {

std::string body_of(std::string_view message) { return std::string(message.substr(message.find("\r\n\r\n") + 4)); }

TEST(H1Connection, CostsLessThanAKilobyteWhileItIsIdle) {
  EXPECT_LT(sizeof(H1Connection), 1024U);
  Loopback at;
  FakeClient client(at);
  ASSERT_TRUE(client.ask(kGet));
  at.settle();
  EXPECT_EQ(at.server->connections(), 1U);
  EXPECT_EQ(at.loop->buffers().leased(), 0U);
}

TEST(H1Connection, AnswersOnAConnectionThatItKeeps) {
  Loopback at;
  FakeClient client(at);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(client.ask(kGet));
    EXPECT_TRUE(client.received.starts_with("HTTP/1.1 200 OK\r\n"));
    EXPECT_NE(client.received.find("content-length: 13\r\n"), std::string::npos);
    EXPECT_NE(client.received.find("date: "), std::string::npos);
    EXPECT_EQ(client.received.find("connection:"), std::string::npos);
    EXPECT_EQ(client.received.find("server:"), std::string::npos);
  }
  EXPECT_EQ(at.handler.seen.size(), 3U);
  EXPECT_EQ(at.server->sends(), 3U);
}

TEST(H1Connection, AnswersPipelinedRequestsInOneSend) {
  Loopback at;
  FakeClient client(at);
  std::string requests;
  for (int i = 0; i < 16; ++i) requests += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n";
  client.send(requests);
  ASSERT_TRUE(at.until([&] { return client.waiting() > 0; }));
  client.receive();
  EXPECT_EQ(client.count("hello, world\n"), 16U);
  EXPECT_EQ(at.server->sends(), 1U);
  EXPECT_EQ(at.handler.seen.back().target, "/15");
}

TEST(H1Connection, AnswersMorePipelinedRequestsThanOneTurnTakes) {
  Loopback at;
  FakeClient client(at);
  std::string requests;
  for (int i = 0; i < 1'000; ++i) requests += kGet;
  client.send(requests);
  EXPECT_TRUE(at.until([&] { return client.receive() && client.count("hello, world\n") == 1'000; }));
}

TEST(H1Connection, LetsPipelinedRequestsWaitForTheResponseBeforeThem) {
  Loopback at;
  at.handler.on_request = at.handler.keep();
  FakeClient client(at);
  client.send(std::string(kGet) + std::string(kGet));
  ASSERT_TRUE(at.until([&] { return at.handler.pending.size() == 1; }));
  at.settle();
  EXPECT_EQ(at.handler.pending.size(), 1U);
  FakeHandler::answer(at.take(), 200, "first");
  ASSERT_TRUE(at.until([&] { return at.handler.pending.size() == 1; }));
  FakeHandler::answer(at.take(), 200, "second");
  ASSERT_TRUE(client.expect("second"));
  EXPECT_LT(client.received.find("first"), client.received.find("second"));
}

TEST(H1Connection, SendsOnceARoundWhateverManyPiecesAreWritten) {
  Loopback at;
  at.handler.on_request = at.handler.keep();
  FakeClient client(at);
  client.send(kGet);
  ASSERT_TRUE(at.until([&] { return at.handler.pending.size() == 1; }));
  Exchange& exchange = at.take();
  exchange.send_head({});
  for (int i = 0; i < 10; ++i) exchange.write(Chunk("piece"));
  exchange.finish();
  ASSERT_TRUE(client.expect("0\r\n\r\n"));
  EXPECT_EQ(at.server->sends(), 1U);
}

TEST(H1Connection, ParsesAHeadThatArrivesByteByByte) {
  Loopback at;
  FakeClient client(at);
  for (const char byte : kGet) {
    client.send(std::string_view(&byte, 1));
    at.settle();
    EXPECT_LE(at.loop->buffers().leased(), 1U);
  }
  EXPECT_TRUE(client.expect("hello, world\n"));
}

TEST(H1Connection, TakesAHeadAsLongAsTheLimit) {
  Limits limits;
  limits.head_bytes_max = 100'000;
  Loopback at(limits);
  FakeClient client(at);
  std::string head = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 10; ++i) head += "x-" + std::to_string(i) + ": " + std::string(9'900, 'v') + "\r\n";
  EXPECT_TRUE(client.ask(head + "\r\n"));
  client.send("GET / HTTP/1.1\r\nHost: a\r\nx: " + std::string(200'000, 'v'));
  EXPECT_TRUE(client.expect("HTTP/1.1 431 "));
  EXPECT_TRUE(client.expect_end());
}

TEST(H1Connection, SendsNoBodyInAnswerToHead) {
  Loopback at;
  FakeClient client(at);
  ASSERT_TRUE(client.ask("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", "\r\n\r\n"));
  at.settle();
  client.receive();
  EXPECT_NE(client.received.find("content-length: 13\r\n"), std::string::npos);
  EXPECT_EQ(body_of(client.received), "");
  EXPECT_TRUE(client.ask(kGet));
  EXPECT_TRUE(client.received.starts_with("HTTP/1.1 200 OK\r\n"));
}

TEST(H1Connection, ClosesAfterTheResponseToHttp10) {
  Loopback at;
  FakeClient client(at);
  client.send("GET / HTTP/1.0\r\n\r\n");
  ASSERT_TRUE(client.expect_end());
  EXPECT_TRUE(client.ended);
  EXPECT_EQ(body_of(client.received), "hello, world\n");
  EXPECT_NE(client.received.find("connection: close\r\n"), std::string::npos);
}

TEST(H1Connection, KeepsHttp10OnRequest) {
  Loopback at;
  FakeClient client(at);
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(client.ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
    EXPECT_NE(client.received.find("connection: keep-alive\r\n"), std::string::npos);
  }
}

TEST(H1Connection, EndsABodyWithoutLengthByClosingForHttp10) {
  Loopback at;
  at.handler.on_request = [](Exchange& exchange) {
    exchange.send_head({});
    exchange.write(Chunk("as long as it takes"));
    exchange.finish();
  };
  FakeClient client(at);
  client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  ASSERT_TRUE(client.expect_end());
  EXPECT_TRUE(client.ended);
  EXPECT_EQ(body_of(client.received), "as long as it takes");
  EXPECT_NE(client.received.find("connection: close\r\n"), std::string::npos);
}

TEST(H1Connection, SendsABodyWithoutLengthInChunks) {
  Loopback at;
  at.handler.on_request = [](Exchange& exchange) {
    exchange.send_head({});
    exchange.write(Chunk("hello, "));
    exchange.write(Chunk(""));
    exchange.write(Chunk("world!"));
    const Field trailers[] = {{"x-sum", "7"}};
    EXPECT_TRUE(exchange.finish(trailers));
  };
  FakeClient client(at);
  ASSERT_TRUE(client.ask(kGet, "\r\n0\r\nx-sum: 7\r\n\r\n"));
  EXPECT_NE(client.received.find("transfer-encoding: chunked\r\n"), std::string::npos);
  EXPECT_EQ(body_of(client.received), "7\r\nhello, \r\n6\r\nworld!\r\n0\r\nx-sum: 7\r\n\r\n");
}

TEST(H1Connection, HonoursConnectionClose) {
  Loopback at;
  FakeClient client(at);
  client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  ASSERT_TRUE(client.expect_end());
  EXPECT_TRUE(client.ended);
  EXPECT_NE(client.received.find("connection: close\r\n"), std::string::npos);
  EXPECT_EQ(body_of(client.received), "hello, world\n");
}

TEST(H1Connection, ResetsWhenTheBodyIsShorterThanItsLength) {
  Loopback at;
  bool clean = true;
  at.handler.on_request = [&](Exchange& exchange) {
    const Field fields[] = {{"content-length", "10"}};
    exchange.send_head({200, fields});
    exchange.write(Chunk("short"));
    clean = exchange.finish();
  };
  FakeClient client(at);
  client.send(kGet);
  ASSERT_TRUE(client.expect_end());
  EXPECT_TRUE(client.reset);
  EXPECT_FALSE(clean);
}

TEST(H1Connection, CutsABodyThatIsLongerThanItsLength) {
  Loopback at;
  bool clean = true;
  at.handler.on_request = [&](Exchange& exchange) {
    const Field fields[] = {{"content-length", "4"}};
    exchange.send_head({200, fields});
    exchange.write(Chunk("abcdef"));
    exchange.write(Chunk("ghi"));
    clean = exchange.finish();
  };
  FakeClient client(at);
  ASSERT_TRUE(client.ask(std::string(kGet) + std::string(kGet), "abcdHTTP/1.1 200 OK"));
  ASSERT_TRUE(at.until([&] { return client.receive() && client.count("\r\n\r\nabcd") == 2; }));
  EXPECT_EQ(client.received.find('e', client.received.rfind("abcd")), std::string::npos);
  EXPECT_FALSE(clean);
}

TEST(H1Connection, ShowsAbortAsAReset) {
  for (const bool after_a_part : {false, true}) {
    Loopback at;
    at.handler.on_request = at.handler.keep();
    FakeClient client(at);
    client.send(kGet);
    ASSERT_TRUE(at.until([&] { return at.handler.pending.size() == 1; }));
    Exchange& exchange = at.take();
    if (after_a_part) {
      exchange.send_head({});
      exchange.write(Chunk("part"));
      ASSERT_TRUE(client.expect("part"));
    }
    exchange.abort();
    ASSERT_TRUE(client.expect_end());
    EXPECT_TRUE(client.reset);
    EXPECT_EQ(client.received.find("0\r\n\r\n"), std::string::npos);
    ASSERT_TRUE(at.until([&] { return at.server->connections() == 0; }));
  }
}

TEST(H1Connection, AbortsFromWithinTheHandler) {
  Loopback at;
  at.handler.on_request = [](Exchange& exchange) { exchange.abort(); };
  FakeClient client(at);
  client.send(std::string(kGet) + std::string(kGet));
  ASSERT_TRUE(client.expect_end());
  EXPECT_TRUE(client.reset);
  EXPECT_EQ(at.handler.seen.size(), 1U);
}

TEST(H1Connection, TellsTheHandlerOfAClientThatReset) {
  Loopback at;
  at.handler.on_request = at.handler.keep();
  FakeClient client(at);
  client.send(kGet);
  ASSERT_TRUE(at.until([&] { return at.handler.pending.size() == 1; }));
  Exchange& exchange = at.take();
  net::Event event(*at.loop);
  exchange.notify(&event);
  EXPECT_FALSE(exchange.gone());
  client.reset_now();
  ASSERT_TRUE(at.until([&] { return exchange.gone(); }));
  EXPECT_TRUE(event.is_set());
  EXPECT_EQ(at.server->connections(), 1U) << "it waits for the handler";
  exchange.send_head({});
  exchange.write(Chunk("nobody reads this"));
  EXPECT_FALSE(exchange.finish());
  EXPECT_TRUE(at.until([&] { return at.server->connections() == 0; }));
}

TEST(H1Connection, AnswersAClientThatOnlyStoppedSending) {
  Loopback at;
  at.handler.on_request = at.handler.keep();
  FakeClient client(at);
  client.send(kGet);
  client.shut_down_sending();
  ASSERT_TRUE(at.until([&] { return at.handler.pending.size() == 1; }));
  at.settle();
  EXPECT_FALSE(at.handler.pending[0]->gone());
  FakeHandler::answer(at.take(), 200, "still there");
  ASSERT_TRUE(client.expect_end());
  EXPECT_TRUE(client.ended);
  EXPECT_EQ(body_of(client.received), "still there");
}

TEST(H1Connection, ForgetsAClientThatLeavesInAHead) {
  Loopback at;
  FakeClient client(at);
  client.send("GET / HT");
  at.settle();
  EXPECT_EQ(at.server->connections(), 1U);
  client.close();
  EXPECT_TRUE(at.until([&] { return at.server->connections() == 0; }));
  EXPECT_TRUE(at.handler.seen.empty());
}

TEST(H1Connection, AnswersWhatTheParserRefusesAndCloses) {
  Loopback at;
  FakeClient client(at);
  client.send(std::string(kGet) + "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" + std::string(kGet));
  ASSERT_TRUE(client.expect_end());
  EXPECT_TRUE(client.ended);
  EXPECT_EQ(at.handler.seen.size(), 1U);
  ASSERT_EQ(at.handler.rejections.size(), 1U);
  EXPECT_EQ(client.count("HTTP/1.1 "), 2U);
  EXPECT_NE(client.received.find("HTTP/1.1 400 Bad Request\r\n"), std::string::npos);
  EXPECT_NE(client.received.find("connection: close\r\n"), std::string::npos);
}

TEST(H1Connection, BoundsTheQueueOfASlowReader) {
  Loopback at;
  at.handler.on_request = at.handler.keep();
  FakeClient client(at);
  client.send(kGet);
  ASSERT_TRUE(at.until([&] { return at.handler.pending.size() == 1; }));
  Exchange& exchange = at.take();
  net::Event event(*at.loop);
  exchange.notify(&event);
  const std::string piece(32'768, 'x');
  const std::string length = std::to_string(piece.size() * 800);
  const Field fields[] = {{"content-length", length}};
  exchange.send_head({200, fields});
  int written = 0;
  while (written < 800 && exchange.writable()) {
    exchange.write(Chunk(piece));
    ++written;
    at.turn();
  }
  ASSERT_LT(written, 800) << "the sockets hold less than 26 MB";
  EXPECT_FALSE(event.is_set());
  at.settle();
  EXPECT_FALSE(exchange.writable());
  ASSERT_TRUE(at.until([&] { return client.receive(), event.is_set(); })) << "it says when there is room again";
  EXPECT_TRUE(exchange.writable());
  while (written < 800) {
    ASSERT_TRUE(at.until([&] { return client.receive(), exchange.writable(); }));
    exchange.write(Chunk(piece));
    ++written;
  }
  EXPECT_TRUE(exchange.finish());
  EXPECT_TRUE(at.until([&] { return client.receive(), body_of(client.received).size() == piece.size() * 800; }));
}

TEST(H1Connection, StopsServingAPipeliningClientThatReadsNothing) {
  Loopback at;
  const std::string large(100'000, 'x');
  at.handler.on_request = [&](Exchange& exchange) { FakeHandler::answer(exchange, 200, large); };
  FakeClient client(at);
  std::string requests;
  for (int i = 0; i < 200; ++i) requests += kGet;
  client.send(requests);
  at.settle();
  const std::size_t served = at.handler.seen.size();
  EXPECT_LT(served, 200U) << "20 MB do not fit into the sockets";
  at.settle();
  EXPECT_EQ(at.handler.seen.size(), served);
  EXPECT_TRUE(at.until([&] { return client.receive(), client.received.size() > 200 * large.size(); }));
  EXPECT_EQ(at.handler.seen.size(), 200U);
}

TEST(H1Connection, TellsWhereTheRequestComesFrom) {
  Loopback at;
  at.handler.on_request = at.handler.keep();
  FakeClient client(at);
  client.send(kGet);
  ASSERT_TRUE(at.until([&] { return at.handler.pending.size() == 1; }));
  EXPECT_EQ(at.handler.pending[0]->peer(), net::Address::of_socket(client.fd()).text());
}

TEST(H1Connection, CountsTheBytesOfTheBodies) {
  Loopback at;
  at.handler.on_request = at.handler.keep();
  FakeClient client(at);
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcde");
  ASSERT_TRUE(at.until([&] { return at.handler.pending.size() == 1; }));
  Exchange& exchange = at.take();
  exchange.accept_body(100);
  EXPECT_EQ(exchange.bytes_in(), 5U);
  exchange.send_head({});
  exchange.write(Chunk("abc"));
  EXPECT_EQ(exchange.bytes_out(), 3U);
  exchange.finish();
}

TEST(H1Connection, LeavesOutFieldsThatWouldBreakTheFraming) {
  Loopback at;
  at.handler.on_request = [](Exchange& exchange) {
    const Field fields[] = {{"x-evil", "a\r\nx-injected: 1"}, {"content-length", "0"}};
    exchange.send_head({200, fields});
    exchange.finish();
  };
  FakeClient client(at);
  ASSERT_TRUE(client.ask(kGet, "\r\n\r\n"));
  EXPECT_EQ(client.received.find("injected"), std::string::npos);
  EXPECT_EQ(at.server->invalid_fields(), 1U);
}

TEST(H1ConnectionDeathTest, DiesWhenAHandlerBreaksTheRules) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto serve_with = [](std::function<void(Exchange&)> work) {
    Loopback at;
    at.handler.on_request = std::move(work);
    FakeClient client(at);
    client.ask(kGet);
  };
  EXPECT_DEATH(serve_with([](Exchange& exchange) { exchange.finish(); }), "a response has a head");
  EXPECT_DEATH(serve_with([](Exchange& exchange) { exchange.write(Chunk("x")); }), "follows its head");
  EXPECT_DEATH(serve_with([](Exchange& exchange) {
                 exchange.send_head({});
                 exchange.send_head({});
               }),
               "sent once");
  EXPECT_DEATH(serve_with([](Exchange& exchange) {
                 exchange.send_head({});
                 exchange.finish();
                 exchange.finish();
               }),
               "finished or aborted once");
  EXPECT_DEATH(serve_with([](Exchange& exchange) { exchange.consume(1); }), "at hand");
}

}  // namespace
}  // namespace peko::http
