#include "net/tls.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <functional>
#include <optional>

#include "net/dialer.hpp"
#include "net/fake_guard.hpp"
#include "net/fake_resolver.hpp"
#include "net/tls_peer.hpp"
#include "net/turning.hpp"

namespace peko::net {
namespace {

/// A dialer that trusts an authority, and a server.
struct Secured {
  explicit Secured(const TlsPeerSpec& spec = {}) : peer(authority, spec) {
    std::signal(SIGPIPE, SIG_IGN);  // the server uses OpenSSL's own sockets
    for (const char* name : {"localhost", "localhost.", "other.example"}) resolver.answer(name, {"127.0.0.1"});
  }

  template <typename Condition>
  bool until(Condition condition) {
    return turn_until(*loop, [&] { return peer.step(), between(), condition(); });
  }
  std::optional<LinkFault> dial(const std::string& host) { return dial(host, peer.address().port()); }
  std::optional<LinkFault> dial(const std::string& host, std::uint16_t port) {
    Dialer dialer(*loop, resolver, guard, *tls);
    std::optional<LinkFault> fault;
    bool ended = false;
    const auto run = dialer.dial({.host = host,
                                  .port = port,
                                  .security = DialRequest::Security::Tls,
                                  .owner = "f",
                                  .timeout = std::chrono::seconds(10)},
                                 [&](std::expected<std::unique_ptr<Stream>, LinkFault> outcome) {
                                   ended = true;
                                   if (outcome) {
                                     stream = std::move(*outcome);
                                   } else {
                                     fault = outcome.error();
                                   }
                                 });
    EXPECT_TRUE(until([&] { return ended; }));
    return fault;
  }
  /// Receives until it is not Again; the text goes to `got`.
  Io::Kind receive() {
    Io io;
    char bytes[1000];
    EXPECT_TRUE(until([&] { return (io = stream->receive(bytes)).kind != Io::Kind::Again; }));
    got.append(bytes, io.bytes);
    return io.kind;
  }
  void send(std::string_view text) {
    std::string copy(text);
    iovec piece{copy.data(), copy.size()};
    EXPECT_EQ(stream->send(std::span(&piece, 1)).bytes, copy.size());
  }

  TestAuthority authority;
  TlsPeer peer;
  std::unique_ptr<Loop> loop = Loop::create().value();
  FakeResolver resolver;
  FakeGuard guard;
  std::unique_ptr<TlsContext> tls = TlsContext::create(authority.file()).value();
  std::function<void()> between = [] {};  ///< what else happens in each turn
  std::unique_ptr<Stream> stream;
  std::string got;
};

TEST(TlsStream, CarriesBytesBothWays) {
  Secured at;
  ASSERT_EQ(at.dial("localhost"), std::nullopt);
  at.send("question");
  EXPECT_TRUE(at.until([&] { return at.peer.received == "question"; }));
  at.peer.say("answer");
  EXPECT_EQ(at.receive(), Io::Kind::Done);
  EXPECT_EQ(at.got, "answer");
  EXPECT_EQ(at.peer.sni, "localhost");
  at.stream.reset();
  EXPECT_TRUE(at.until([&] { return at.peer.client_said_goodbye; }));
}

TEST(TlsStream, TakesUpASendThatDidNotFit) {
  Secured at;
  ASSERT_EQ(at.dial("localhost"), std::nullopt);
  std::string left(std::size_t{8} * 1024 * 1024, 'x');
  const std::size_t size = left.size();
  bool full = false;
  EXPECT_TRUE(turn_until(*at.loop, [&] {
    iovec piece{left.data(), left.size()};
    const Io io = at.stream->send(std::span(&piece, 1));
    full |= io.kind == Io::Kind::Again;
    // Elsewhere in memory than the first time.
    left = std::string(left.substr(io.bytes));
    if (full) at.peer.step();
    return left.empty() || io.kind == Io::Kind::Failed;
  }));
  EXPECT_TRUE(full);
  EXPECT_TRUE(at.until([&] { return at.peer.received.size() == size; }));
}

TEST(TlsStream, TellsAnEndThatWasMeantFromAConnectionThatJustCloses) {
  Secured at;
  ASSERT_EQ(at.dial("localhost"), std::nullopt);
  at.peer.say("all");
  at.peer.close_in_order();
  EXPECT_EQ(at.receive(), Io::Kind::Done);
  EXPECT_EQ(at.receive(), Io::Kind::End);
  ASSERT_EQ(at.dial("localhost"), std::nullopt);
  at.peer.say("some");
  at.peer.just_close();
  EXPECT_EQ(at.receive(), Io::Kind::Done);
  EXPECT_EQ(at.receive(), Io::Kind::Failed);
  EXPECT_EQ(at.stream->fault(), LinkFault::Terminated);
  EXPECT_EQ(at.receive(), Io::Kind::Failed) << "and stays so";
}

TEST(TlsStream, TakesACertificateOfTheAddressThatWasAskedFor) {
  Secured at({.certificate = {.host = "127.0.0.1"}});
  EXPECT_EQ(at.dial("127.0.0.1"), std::nullopt);
  EXPECT_EQ(at.peer.sni, "") << "addresses are not told (RFC 6066)";
}

struct Refused {
  const char* name;
  TlsPeerSpec peer;
  const char* host;
  LinkFault fault;
};

TEST(TlsStream, RefusesPeersThatCannotBeTrusted) {
  const Refused rows[] = {
      {"another name", {}, "other.example", LinkFault::TlsCertificate},
      {"a name, not the address", {}, "127.0.0.1", LinkFault::TlsCertificate},
      {"expired", {.certificate = {.valid_for = std::chrono::seconds(-60)}}, "localhost", LinkFault::TlsCertificate},
      {"self-signed", {.certificate = {.self_signed = true}}, "localhost", LinkFault::TlsCertificate},
      {"only TLS 1.1", {.speaks_old = true}, "localhost", LinkFault::TlsAlert},
      {"another protocol", {.alpn = "h2"}, "localhost", LinkFault::TlsProtocol},
  };
  for (const Refused& row : rows) {
    Secured at(row.peer);
    EXPECT_EQ(at.dial(row.host), row.fault) << row.name;
  }
}

TEST(TlsStream, RefusesAnAuthorityThatIsNotTrusted) {
  Secured at;
  at.tls = TlsContext::create("").value();  // the system's
  EXPECT_EQ(at.dial("localhost"), LinkFault::TlsCertificate);
}

TEST(TlsStream, HearsAnAlertAfterTheHandshake) {
  Secured at({.wants_certificate = true});
  // In TLS 1.3 the server refuses after the client has finished.
  ASSERT_EQ(at.dial("localhost"), std::nullopt);
  EXPECT_EQ(at.receive(), Io::Kind::Failed);
  EXPECT_EQ(at.stream->fault(), LinkFault::TlsAlert);
}

TEST(TlsStream, SaysThatWhatAnswersIsNotTls) {
  Secured at;
  const Listener plain = Listener::bind(Address::parse("127.0.0.1:0").value(), Sharing::First).value();
  UniqueFd server;
  at.between = [&] {
    if (server) return;
    server = UniqueFd(::accept4(plain.fd(), nullptr, nullptr, SOCK_NONBLOCK));
    if (server) ::send(server.get(), "HTTP/1.1 400 Bad Request\r\n\r\n", 28, MSG_NOSIGNAL);
  };
  EXPECT_EQ(at.dial("localhost", plain.address().port()), LinkFault::TlsProtocol);
}

TEST(TlsContext, SaysWhichFileItCannotUse) {
  const auto context = TlsContext::create("/no/such/roots.pem");
  ASSERT_FALSE(context);
  EXPECT_EQ(context.error().code, Code::Invalid);
  EXPECT_NE(context.error().message.find("\"/no/such/roots.pem\""), std::string::npos);
}

}  // namespace
}  // namespace peko::net
