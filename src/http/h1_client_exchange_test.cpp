#include "http/h1_client_exchange.hpp"

#include <gtest/gtest.h>

#include <array>
#include <csignal>
#include <string>
#include <vector>

#include "http/fake_origin.hpp"
#include "net/tls_peer.hpp"

namespace peko::http {
namespace {

using Exchange = std::unique_ptr<ClientExchange>;

ClientRequest post(const ClientRig& at, std::optional<std::uint64_t> length) {
  ClientRequest request = at.get();
  request.method = "POST";
  request.body_length = length;
  return request;
}

TEST(H1ClientExchange, ShowsHeadBodyAndTrailersAsTheyCome) {
  ClientRig at;
  const Exchange exchange = at.ask();
  ASSERT_TRUE(at.expect(0, "\r\n\r\n"));
  const auto& server = at.origin.connections[0];
  EXPECT_EQ(exchange->head(), nullptr);
  server.say("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nx-a: b\r\ntransfer-encoding: chunked\r\n\r\n");
  ASSERT_TRUE(at.until([&] { return exchange->head(); }));
  EXPECT_EQ(exchange->head()->status, 200U);
  EXPECT_EQ(find(exchange->head()->fields, "x-a"), "b");
  server.say("5\r\nhello\r\n");
  ASSERT_TRUE(at.until([&] { return exchange->body().size() == 5; }));
  exchange->consume(2);
  EXPECT_EQ(std::string_view(exchange->body().data(), exchange->body().size()), "llo");
  EXPECT_EQ(exchange->body_state(), BodyState::Open);
  server.say("0\r\nx-sum: 1\r\n\r\n");
  ASSERT_TRUE(at.until([&] { return exchange->body_state() == BodyState::Complete; }));
  EXPECT_EQ(find(exchange->trailers(), "x-sum"), "1");
  EXPECT_EQ(std::string_view(exchange->body().data(), exchange->body().size()), "llo");
  EXPECT_EQ(at.pool.counts().idle, 1U) << "however long the reader takes";
  exchange->consume(3);
  EXPECT_EQ(at.loop->buffers().leased(), 0U);
}

TEST(H1ClientExchange, TellsItsCallerAboutEachChange) {
  ClientRig at;
  const Exchange exchange = at.ask();
  const auto told = [&] { return at.until([&] { return at.progress.is_set(); }); };
  // A waiter clears it; here the test does.
  const auto clear = [&] {
    at.progress.~Event();
    new (&at.progress) net::Event(*at.loop);
  };
  EXPECT_TRUE(told()) << "writable";
  clear();
  ASSERT_TRUE(at.expect(0, "\r\n\r\n"));
  const auto& server = at.origin.connections[0];
  for (const std::string_view piece : {"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n", "abc", "def"}) {
    server.say(piece);
    EXPECT_TRUE(told()) << piece;
    clear();
  }
  EXPECT_EQ(exchange->body_state(), BodyState::Complete);
}

TEST(H1ClientExchange, SendsABodyOfKnownLength) {
  ClientRig at;
  const Exchange exchange = at.ask(post(at, 10));
  EXPECT_FALSE(exchange->writable()) << "no connection yet";
  ASSERT_TRUE(at.until([&] { return exchange->writable(); }));
  exchange->write(Chunk("hello"));
  exchange->write(Chunk("world"));
  exchange->finish();
  EXPECT_TRUE(at.expect(0, "content-length: 10\r\n\r\nhelloworld"));
  at.origin.connections[0].say(kHello);
  EXPECT_TRUE(at.end(*exchange));
  EXPECT_EQ(at.pool.counts().idle, 1U);
}

TEST(H1ClientExchange, SendsABodyOfUnknownLengthInChunks) {
  ClientRig at;
  const Exchange exchange = at.ask(post(at, std::nullopt));
  exchange->write(Chunk("hello"));
  exchange->write(Chunk(""));
  EXPECT_TRUE(at.expect(0, "transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n"));
  exchange->finish();
  EXPECT_TRUE(at.expect(0, "5\r\nhello\r\n0\r\n\r\n"));
}

TEST(H1ClientExchange, SendsTrailersButNoneThatSteer) {
  ClientRig at;
  const Exchange exchange = at.ask(post(at, std::nullopt));
  exchange->write(Chunk("hello"));
  exchange->finish(std::array<Field, 3>{{{"x-sum", "1"}, {"content-length", "9"}, {"x-bad", "a\r\nb"}}});
  EXPECT_TRUE(at.expect(0, "5\r\nhello\r\n0\r\nx-sum: 1\r\n\r\n"));
}

TEST(H1ClientExchange, CutsOffABodyThatIsNotWhatWasAnnounced) {
  for (const std::string_view body : {"short", "far too long"}) {
    ClientRig at;
    const Exchange exchange = at.ask(post(at, 8));
    ASSERT_TRUE(at.until([&] { return exchange->writable(); }));
    exchange->write(Chunk(body));
    if (!exchange->fault()) exchange->finish();
    EXPECT_EQ(exchange->fault(), ClientFault::HttpProtocolError) << body;
    EXPECT_TRUE(at.until([&] { return at.origin.connections.size() == 1 && at.origin.connections[0].reset; }));
  }
  ClientRig early;
  const Exchange exchange = early.ask(post(early, 1));
  exchange->write(Chunk("xx"));
  EXPECT_EQ(exchange->fault(), ClientFault::HttpProtocolError) << "before there is a connection";
  EXPECT_EQ(early.pool.counts().open, 0U);
}

TEST(H1ClientExchange, HearsWhyAServerTakesNoMore) {
  ClientRig at;
  const Exchange exchange = at.ask(post(at, 100'000'000));
  ASSERT_TRUE(at.expect(0, "\r\n\r\n"));
  static const std::string kPiece(100'000, 'x');
  for (int i = 0; i < 10 && exchange->writable(); ++i) exchange->write(Chunk(kPiece));
  at.origin.connections[0].say("HTTP/1.1 413 Too much\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno");
  ::shutdown(at.origin.connections[0].socket.get(), SHUT_WR);
  ASSERT_TRUE(at.end(*exchange));
  EXPECT_EQ(exchange->fault(), std::nullopt);
  EXPECT_EQ(exchange->head()->status, 413U);
  exchange->finish();
  EXPECT_EQ(exchange->fault(), std::nullopt);
}

TEST(H1ClientExchange, HoldsABoundedPartOfARequestsBody) {
  ClientRig at;
  const Exchange exchange = at.ask(post(at, std::nullopt));
  ASSERT_TRUE(at.expect(0, "\r\n\r\n"));
  at.origin.connections[0].reads = false;
  static const std::string kPiece(10'000, 'x');
  std::size_t written = 0;
  // Until the kernel is full and the queue is above its mark.
  for (int still = 0; still < 50;) {
    if (exchange->writable()) {
      exchange->write(Chunk(kPiece));
      written += kPiece.size();
      still = 0;
    } else {
      ++still;
      at.settle();
    }
    ASSERT_LT(written, std::size_t{64} * 1024 * 1024);
  }
  at.origin.connections[0].reads = true;
  ASSERT_TRUE(at.until([&] { return exchange->writable(); }));
  exchange->finish();
  EXPECT_TRUE(at.until([&] { return at.origin.connections[0].received.ends_with("0\r\n\r\n"); }));
  EXPECT_GT(at.origin.connections[0].received.size(), written);
}

TEST(H1ClientExchange, HoldsABoundedPartOfAResponse) {
  ClientRig at;
  const Exchange exchange = at.ask();
  ASSERT_TRUE(at.expect(0, "\r\n\r\n"));
  const std::size_t size = std::size_t{32} * 1024 * 1024;
  std::string left = "HTTP/1.1 200 OK\r\ncontent-length: " + std::to_string(size) + "\r\n\r\n" + std::string(size, 'x');
  const int fd = at.origin.connections[0].socket.get();
  const auto push = [&] {
    const ssize_t sent = ::send(fd, left.data(), left.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0) left.erase(0, static_cast<std::size_t>(sent));
    return sent > 0;
  };
  for (int still = 0; still < 5; still = push() ? 0 : still + 1) at.settle();
  EXPECT_GT(left.size(), size / 4) << "nobody reads it";
  EXPECT_LE(exchange->body().size(), net::BufferPool::kLargeBytes);
  std::size_t got = 0;
  EXPECT_TRUE(at.until([&] {
    push();
    got += exchange->body().size();
    exchange->consume(exchange->body().size());
    return exchange->body_state() == BodyState::Complete;
  }));
  EXPECT_EQ(got, size);
}

TEST(H1ClientExchange, TellsAWholeResponseFromACutOne) {
  struct Row {
    std::string_view said;
    std::optional<ClientFault> fault;
  };
  const Row rows[] = {
      {"HTTP/1.1 200 OK\r\n\r\nall there is", std::nullopt},
      {"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhell", ClientFault::HttpResponseIncomplete},
      {"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n", ClientFault::HttpResponseIncomplete},
      {"HTTP/1.1 200 OK\r\n", ClientFault::HttpResponseIncomplete},
      {"HTTP/1.1 100 Continue\r\n\r\n", ClientFault::HttpResponseIncomplete},
      {"", ClientFault::ConnectionTerminated},
      {"SSH-2.0-x\r\n", ClientFault::HttpProtocolError},
      {"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n", ClientFault::HttpProtocolError},
      {"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nx\r\n", ClientFault::HttpProtocolError},
  };
  for (const Row& row : rows) {
    ClientRig at;
    const Exchange exchange = at.ask();
    ASSERT_TRUE(at.expect(0, "\r\n\r\n"));
    at.origin.connections[0].say(row.said);
    at.origin.connections[0].close();
    ASSERT_TRUE(at.end(*exchange)) << row.said;
    EXPECT_EQ(exchange->fault(), row.fault) << row.said;
    EXPECT_EQ(at.pool.counts().open, 0U) << row.said;
  }
}

TEST(H1ClientExchange, ShowsWhatCameBeforeAFault) {
  ClientRig at;
  const Exchange exchange = at.ask();
  ASSERT_TRUE(at.expect(0, "\r\n\r\n"));
  at.origin.connections[0].say("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello");
  at.origin.connections[0].close();
  ASSERT_TRUE(at.end(*exchange));
  EXPECT_EQ(exchange->body_state(), BodyState::Failed);
  EXPECT_EQ(exchange->head()->status, 200U);
  EXPECT_EQ(exchange->body().size(), 5U);
}

TEST(H1ClientExchange, RefusesAHeadWithoutEnd) {
  ClientRig at({.response = {.head_bytes_max = 1000}});
  const Exchange exchange = at.ask();
  ASSERT_TRUE(at.expect(0, "\r\n\r\n"));
  at.origin.connections[0].say("HTTP/1.1 200 OK\r\nx: " + std::string(2000, 'x'));
  ASSERT_TRUE(at.end(*exchange));
  EXPECT_EQ(exchange->fault(), ClientFault::HttpResponseHeaderSectionSize);
}

TEST(H1ClientExchange, WaitsSoLongForAHead) {
  ClientRig at;
  ClientRequest request = at.get();
  request.first_byte_timeout = std::chrono::milliseconds(20);
  const Exchange exchange = at.ask(request);
  ASSERT_TRUE(at.end(*exchange));
  EXPECT_EQ(exchange->fault(), ClientFault::HttpResponseTimeout);
}

TEST(H1ClientExchange, WaitsNoLongerForAHeadThatComesByteByByte) {
  ClientRig at;
  ClientRequest request = at.get();
  request.first_byte_timeout = std::chrono::milliseconds(50);
  const Exchange exchange = at.ask(request);
  ASSERT_TRUE(at.expect(0, "\r\n\r\n"));
  at.origin.connections[0].say("HTTP/1.1 200 OK\r\nx: ");
  ASSERT_TRUE(at.until([&] {
    at.origin.connections[0].say("y");
    return exchange->fault().has_value();
  }));
  EXPECT_EQ(exchange->fault(), ClientFault::HttpResponseTimeout);
}

TEST(H1ClientExchange, WaitsSoLongBetweenBytes) {
  ClientRig at;
  ClientRequest request = at.get();
  request.between_bytes_timeout = std::chrono::milliseconds(20);
  const Exchange exchange = at.ask(request);
  ASSERT_TRUE(at.expect(0, "\r\n\r\n"));
  at.origin.connections[0].say("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n");
  ASSERT_TRUE(at.end(*exchange));
  EXPECT_EQ(exchange->fault(), ClientFault::ConnectionReadTimeout);
}

TEST(H1ClientExchange, BlamesNoServerForAReaderThatTakesItsTime) {
  ClientRig at;
  ClientRequest request = at.get();
  request.between_bytes_timeout = std::chrono::milliseconds(20);
  const Exchange exchange = at.ask(request);
  ASSERT_TRUE(at.expect(0, "\r\n\r\n"));
  at.origin.connections[0].say("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhell");
  ASSERT_TRUE(at.until([&] { return exchange->body().size() == 4; }));
  const net::TimePoint begin = at.loop->now();
  ASSERT_TRUE(at.until([&] { return at.loop->now() - begin > std::chrono::milliseconds(100); }));
  EXPECT_EQ(exchange->fault(), std::nullopt);
}

TEST(H1ClientExchange, WaitsSoLongForAServerThatTakesNothing) {
  ClientRig at;
  ClientRequest request = post(at, std::nullopt);
  request.between_bytes_timeout = std::chrono::milliseconds(20);
  const Exchange exchange = at.ask(request);
  ASSERT_TRUE(at.expect(0, "\r\n\r\n"));
  at.origin.connections[0].reads = false;
  static const std::string kPiece(100'000, 'x');
  EXPECT_TRUE(at.until([&] {
    if (!exchange->fault() && exchange->writable()) exchange->write(Chunk(kPiece));
    return exchange->fault().has_value();
  }));
  EXPECT_EQ(exchange->fault(), ClientFault::ConnectionWriteTimeout);
}

TEST(H1ClientExchange, TakesTimeoutsBeyondAllMeasure) {
  ClientRig at;
  at.origin.answer = kHello;
  ClientRequest request = at.get();
  request.connect_timeout = request.first_byte_timeout = request.between_bytes_timeout =
      std::chrono::nanoseconds::max();
  const Exchange exchange = at.ask(request);
  ASSERT_TRUE(at.end(*exchange));
  EXPECT_EQ(exchange->fault(), std::nullopt);
}

/// A rig that trusts the authority of a server with TLS.
struct SecureRig : ClientRig {
  explicit SecureRig(const net::TlsPeerSpec& spec = {}) : peer(authority, spec) {
    std::signal(SIGPIPE, SIG_IGN);  // the server uses OpenSSL's own sockets
    resolver.answer("localhost", {"127.0.0.1"});
  }
  Exchange ask() { return ask(get()); }
  Exchange ask(ClientRequest request) {
    request.scheme = Scheme::Https;
    request.host = "localhost";
    request.port = peer.address().port();
    return secure.start(request, progress);
  }
  template <typename Condition>
  bool until(Condition condition) {
    return ClientRig::until([&] { return peer.step(), condition(); });
  }
  bool end(ClientExchange& exchange) {
    return until([&] { return exchange.body_state() != BodyState::Open; });
  }
  bool answer(std::string_view text) {
    const bool asked = until([&] { return peer.received.ends_with("\r\n\r\n"); });
    peer.received.clear();
    peer.say(text);
    return asked;
  }

  net::TestAuthority authority;
  net::TlsPeer peer;
  std::unique_ptr<net::TlsContext> trusting = net::TlsContext::create(authority.file()).value();
  net::Dialer secure_dialer{*loop, resolver, guard, *trusting};
  ClientPool secure{*loop, secure_dialer, {}};
};

TEST(H1ClientExchange, SpeaksOverTlsOnAConnectionThatItKeeps) {
  SecureRig at;
  for (int i = 0; i < 3; ++i) {
    const Exchange exchange = at.ask();
    ASSERT_TRUE(at.answer(kHello));
    ASSERT_TRUE(at.end(*exchange));
    EXPECT_EQ(exchange->fault(), std::nullopt);
    EXPECT_EQ(exchange->body().size(), 5U);
  }
  EXPECT_EQ(at.peer.accepted, 1U);
  EXPECT_EQ(at.secure.counts().reused, 2U);
}

TEST(H1ClientExchange, TakesMuchOverTls) {
  SecureRig at;
  const Exchange exchange = at.ask();
  const std::size_t size = std::size_t{4} * 1024 * 1024;
  ASSERT_TRUE(
      at.answer("HTTP/1.1 200 OK\r\ncontent-length: " + std::to_string(size) + "\r\n\r\n" + std::string(size, 'x')));
  std::size_t got = 0;
  ASSERT_TRUE(at.until([&] {
    got += exchange->body().size();
    exchange->consume(exchange->body().size());
    return exchange->body_state() != BodyState::Open;
  }));
  EXPECT_EQ(got, size);
}

TEST(H1ClientExchange, SendsMuchOverTls) {
  SecureRig at;
  constexpr int kPieces = 400;
  ClientRequest request = post(at, std::uint64_t{kPieces} * 10'000);
  const Exchange exchange = at.ask(request);
  static std::vector<std::string> pieces;
  std::string all;
  for (int i = 0; i < kPieces; ++i) all += pieces.emplace_back(10'000, static_cast<char>('a' + i % 26));
  int written = 0;
  bool was_full = false;
  int turns = 0;
  ASSERT_TRUE(net::turn_until(*at.loop, [&] {
    while (written < kPieces && exchange->writable())
      exchange->write(Chunk(pieces[static_cast<std::size_t>(written++)]));
    was_full |= turns > 0 && !exchange->writable();
    if (++turns % 3 == 0) at.peer.step();  // slower than the client
    return at.peer.received.ends_with(all);
  }));
  EXPECT_TRUE(was_full);
  at.peer.say(kHello);
  ASSERT_TRUE(at.end(*exchange));
  EXPECT_EQ(exchange->fault(), std::nullopt);
}

TEST(H1ClientExchange, TellsACutResponseFromAWholeOneOverTls) {
  for (const bool in_order : {true, false}) {
    SecureRig at;
    const Exchange exchange = at.ask();
    ASSERT_TRUE(at.answer("HTTP/1.1 200 OK\r\n\r\nall there is"));
    if (in_order) at.peer.close_in_order();
    if (!in_order) at.peer.just_close();
    ASSERT_TRUE(at.end(*exchange));
    EXPECT_EQ(exchange->fault(), in_order ? std::nullopt : std::optional(ClientFault::HttpResponseIncomplete));
  }
}

TEST(H1ClientExchange, SendsNothingToAServerThatItCannotTrust) {
  SecureRig at({.certificate = {.host = "other.example"}});
  const Exchange exchange = at.ask();
  ASSERT_TRUE(at.end(*exchange));
  EXPECT_EQ(exchange->fault(), ClientFault::TlsCertificateError);
  EXPECT_TRUE(at.peer.received.empty());
}

TEST(H1ClientExchange, HearsAnAlert) {
  SecureRig at({.wants_certificate = true});
  const Exchange exchange = at.ask();
  ASSERT_TRUE(at.end(*exchange));
  EXPECT_EQ(exchange->fault(), ClientFault::TlsAlertReceived);
}

}  // namespace
}  // namespace peko::http
