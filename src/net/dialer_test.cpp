#include "net/dialer.hpp"

#include <gtest/gtest.h>

#include <optional>

#include "net/fake_guard.hpp"
#include "net/fake_resolver.hpp"
#include "net/tcp_pair.hpp"
#include "net/turning.hpp"

namespace peko::net {
namespace {

/// A dialer with everything around it.
struct Dialling {
  using Outcome = std::expected<std::unique_ptr<Stream>, LinkFault>;

  explicit Dialling(Duration patience = std::chrono::seconds(10)) : timeout(patience) {}

  void start(const std::string& host, std::uint16_t port) {
    dial = dialer.dial({.host = host, .port = port, .owner = "f", .timeout = timeout}, [this](Outcome result) {
      outcome.emplace(std::move(result));
      dial.reset();
    });
  }
  /// Turns until the dial has ended; the fault, or nothing when it is connected.
  std::optional<LinkFault> end(const std::string& host, std::uint16_t port) {
    start(host, port);
    EXPECT_FALSE(outcome) << "never from within";
    EXPECT_TRUE(turn_until(*loop, [&] { return outcome.has_value(); }));
    return *outcome ? std::nullopt : std::optional(outcome->error());
  }

  Duration timeout;
  std::unique_ptr<Loop> loop = Loop::create().value();
  FakeResolver resolver;
  FakeGuard guard;
  std::unique_ptr<TlsContext> tls = TlsContext::create("").value();
  Dialer dialer{*loop, resolver, guard, *tls};
  std::unique_ptr<Dial> dial;
  std::optional<Outcome> outcome;
};

Listener listen_at(const std::string& host, std::uint16_t port = 0) {
  return Listener::bind(Address::parse(host + ":" + std::to_string(port)).value(), Sharing::First).value();
}

/// A listener whose backlog is full: a connection to it is never made, as to a host that drops packets.
class BlackHole {
 public:
  explicit BlackHole(const std::string& host, std::uint16_t port = 0)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const Address wanted = Address::numeric(host, port).value();
    EXPECT_EQ(::bind(socket_.get(), wanted.raw(), wanted.raw_size()), 0);
    EXPECT_EQ(::listen(socket_.get(), 0), 0);
    // One more than the backlog is taken.
    for (int i = 0; i < 2; ++i) {
      UniqueFd& filler = fillers_[i];
      filler = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      ::connect(filler.get(), address().raw(), address().raw_size());
    }
  }
  [[nodiscard]] Address address() const { return Address::of_socket(socket_.get()); }

 private:
  UniqueFd socket_;
  UniqueFd fillers_[2];
};

std::uint16_t closed_port() { return listen_at("127.0.0.1").address().port(); }

TEST(Dialer, ConnectsToANumericAddressWithoutAskingTheResolver) {
  Dialling at;
  const Listener listener = listen_at("127.0.0.1");
  EXPECT_EQ(at.end("127.0.0.1", listener.address().port()), std::nullopt);
  EXPECT_TRUE(at.resolver.asked.empty());
  EXPECT_EQ(at.guard.asked, std::vector{listener.address().text()});
}

TEST(Dialer, ConnectsToAName) {
  Dialling at;
  const Listener listener = listen_at("127.0.0.1");
  at.resolver.answer("a.example", {"127.0.0.1"});
  EXPECT_EQ(at.end("a.example", listener.address().port()), std::nullopt);
}

TEST(Dialer, SaysThatANameIsUnknown) {
  Dialling at;
  EXPECT_EQ(at.end("a.example", 80), LinkFault::NameUnknown);
  Dialling odd;
  EXPECT_EQ(odd.end("a b", 80), LinkFault::NameUnknown);
  EXPECT_TRUE(odd.resolver.asked.empty());
}

TEST(Dialer, SaysThatNobodyListens) {
  Dialling at;
  EXPECT_EQ(at.end("127.0.0.1", closed_port()), LinkFault::Refused);
}

TEST(Dialer, SaysThatTheNameWasNotResolvedInTime) {
  Dialling at(std::chrono::milliseconds(10));
  at.resolver.silent = {"a.example"};
  EXPECT_EQ(at.end("a.example", 80), LinkFault::NameTimeout);
}

TEST(Dialer, GivesUpWhenTheTimeIsOver) {
  const BlackHole hole("127.0.0.1");
  Dialling at(std::chrono::milliseconds(10));
  EXPECT_EQ(at.end("127.0.0.1", hole.address().port()), LinkFault::Timeout);
}

TEST(Dialer, TriesTheNextAddressWhenOneRefuses) {
  Dialling at;
  const Listener listener = listen_at("127.0.0.2");
  at.resolver.answer("a.example", {"127.0.0.1", "127.0.0.2"});
  EXPECT_EQ(at.end("a.example", listener.address().port()), std::nullopt);
  EXPECT_EQ(at.guard.asked.size(), 2U);
}

TEST(Dialer, DoesNotWaitForAnAddressThatIsSilent) {
  const BlackHole hole("127.0.0.1");
  const Listener listener = listen_at("127.0.0.2", hole.address().port());
  Dialling at;
  at.resolver.answer("a.example", {"127.0.0.1", "127.0.0.2"});
  EXPECT_EQ(at.end("a.example", hole.address().port()), std::nullopt);
  const Address winner = [&] {
    sockaddr_storage storage{};
    socklen_t size = sizeof(storage);
    // Safety: sockaddr is the head of every kind of socket address.
    ::getpeername((*at.outcome.value())->fd(), reinterpret_cast<sockaddr*>(&storage), &size);
    return Address::of(storage);
  }();
  EXPECT_EQ(winner.text(), listener.address().text());
}

TEST(Dialer, SkipsTheAddressesThatTheGuardRefuses) {
  Dialling at;
  const Listener listener = listen_at("127.0.0.2");
  at.guard.refused = {"127.0.0.1", "169.254.169.254"};
  at.resolver.answer("a.example", {"169.254.169.254", "127.0.0.1", "127.0.0.2"});
  EXPECT_EQ(at.end("a.example", listener.address().port()), std::nullopt);
}

TEST(Dialer, ConnectsNowhereWhenTheGuardRefusesAll) {
  Dialling at;
  const Listener listener = listen_at("127.0.0.1");
  at.guard.refused = {"127.0.0.1", "127.0.0.2"};
  at.resolver.answer("a.example", {"127.0.0.1", "127.0.0.2"});
  EXPECT_EQ(at.end("a.example", listener.address().port()), LinkFault::Prohibited);
  EXPECT_LT(::accept4(listener.fd(), nullptr, nullptr, SOCK_NONBLOCK), 0);
}

TEST(Dialer, AsksTheGuardAboutEachAnswerOfANameThatChanges) {
  Dialling at;
  const Listener listener = listen_at("127.0.0.1");
  at.guard.refused = {"127.0.0.2"};
  at.resolver.answer("rebinds.example", {"127.0.0.1"});
  at.resolver.answer("rebinds.example", {"127.0.0.2"});
  EXPECT_EQ(at.end("rebinds.example", listener.address().port()), std::nullopt);
  at.outcome.reset();
  EXPECT_EQ(at.end("rebinds.example", listener.address().port()), LinkFault::Prohibited);
}

TEST(Dialer, LeavesNothingBehindWhenADialIsGivenUp) {
  const BlackHole hole("127.0.0.1");
  Dialling at;
  at.start("127.0.0.1", hole.address().port());
  turn(*at.loop);
  at.dial.reset();
  at.resolver.silent = {"a.example"};
  at.start("a.example", 80);
  turn(*at.loop);
  at.dial.reset();
  at.start("127.0.0.1", 80);
  at.dial.reset();
  turn(*at.loop);
  EXPECT_FALSE(at.outcome);
}

TEST(Dialer, TakesFamiliesInTurn) {
  const auto list = [](const std::vector<std::string>& hosts) {
    std::vector<Address> addresses;
    for (const std::string& host : hosts) addresses.push_back(Address::numeric(host, 1).value());
    return addresses;
  };
  const auto texts = [](const std::vector<Address>& addresses) {
    std::vector<std::string> texts;
    for (const Address& address : addresses) texts.push_back(address.text());
    return texts;
  };
  EXPECT_EQ(texts(interleave_families(list({"::1", "::2", "::3", "1.1.1.1"}))),
            texts(list({"::1", "1.1.1.1", "::2", "::3"})));
  EXPECT_EQ(texts(interleave_families(list({"1.1.1.1", "2.2.2.2", "::1"}))),
            texts(list({"1.1.1.1", "::1", "2.2.2.2"})));
  EXPECT_TRUE(interleave_families({}).empty());
}

}  // namespace
}  // namespace peko::net
