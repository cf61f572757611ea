#include "net/dial_guard.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <optional>

#include "net/dialer.hpp"
#include "net/fake_resolver.hpp"
#include "net/listener.hpp"
#include "net/turning.hpp"

namespace peko::net {
namespace {

Address at(std::string_view text) { return Address::parse(text).value(); }

TEST(DialGuard, AllowsOnlyPublicAddresses) {
  const DialGuard guard({});
  for (const std::string_view good : {"8.8.8.8:80", "[2600::1]:443", "[::ffff:8.8.8.8]:1"}) {
    EXPECT_TRUE(guard.allows(at(good))) << good;
  }
  for (const std::string_view bad : {"127.0.0.1:80", "10.1.1.1:80", "169.254.169.254:80", "0.0.0.0:80", "[::1]:80",
                                     "[::ffff:127.0.0.1]:80", "[::]:80", "[fd00:ec2::254]:80", "224.0.0.1:80"}) {
    EXPECT_FALSE(guard.allows(at(bad))) << bad;
  }
}

TEST(DialGuard, AllowsWhatTheOperatorAllowsAndNoMore) {
  const DialGuard guard({AddressRange::parse("127.0.0.0/8").value(), AddressRange::parse("fd00:1::/32").value()});
  for (const std::string_view good : {"127.0.0.1:80", "127.9.9.9:1", "[::ffff:127.0.0.1]:80", "[fd00:1::5]:80"}) {
    EXPECT_TRUE(guard.allows(at(good))) << good;
  }
  for (const std::string_view bad : {"10.1.1.1:80", "0.0.0.0:80", "[::1]:80", "[::]:80", "[fd00:2::5]:80"}) {
    EXPECT_FALSE(guard.allows(at(bad))) << bad;
  }
}

TEST(DialGuard, NeverAllowsTheNodesOwnListeners) {
  DialGuard guard({AddressRange::parse("0.0.0.0/0").value(), AddressRange::parse("::/0").value()});
  guard.add_own_port(3000);
  for (const std::string_view own :
       {"127.0.0.1:3000", "127.0.0.2:3000", "0.0.0.0:3000", "[::1]:3000", "[::]:3000", "[::ffff:127.0.0.1]:3000"}) {
    EXPECT_FALSE(guard.allows(at(own))) << own;
  }
  EXPECT_TRUE(guard.allows(at("127.0.0.1:3001")));
}

TEST(DialGuard, JudgesTheAddressThatIsDialledWhateverTheNameWasBefore) {
  const std::unique_ptr<Loop> loop = Loop::create().value();
  const Listener secret = Listener::bind(at("127.0.0.1:0"), Sharing::First).value();
  const std::uint16_t port = secret.address().port();
  const Listener allowed = Listener::bind(at("127.0.0.2:" + std::to_string(port)), Sharing::First).value();
  FakeResolver resolver;
  resolver.answer("rebinding.example", {"127.0.0.2"});
  resolver.answer("rebinding.example", {"127.0.0.1"});
  resolver.answer("rebinding.example", {"127.0.0.1", "::ffff:127.0.0.1", "127.0.0.2"});
  const DialGuard guard({AddressRange::parse("127.0.0.2").value()});
  const std::unique_ptr<TlsContext> tls = TlsContext::create("").value();
  Dialer dialer(*loop, resolver, guard, *tls);
  const auto dial = [&]() -> std::optional<LinkFault> {
    std::optional<std::expected<std::unique_ptr<Stream>, LinkFault>> outcome;
    const auto dialled = [&outcome](auto result) { outcome.emplace(std::move(result)); };
    const std::unique_ptr<Dial> dial = dialer.dial(
        {.host = "rebinding.example", .port = port, .owner = "f", .timeout = std::chrono::seconds(10)}, dialled);
    EXPECT_TRUE(turn_until(*loop, [&] { return outcome.has_value(); }));
    return *outcome ? std::nullopt : std::optional(outcome->error());
  };
  EXPECT_EQ(dial(), std::nullopt);
  EXPECT_EQ(dial(), LinkFault::Prohibited);
  EXPECT_EQ(dial(), std::nullopt) << "the one that is allowed";
  EXPECT_LT(::accept4(secret.fd(), nullptr, nullptr, SOCK_NONBLOCK), 0) << "nobody has come";
}

}  // namespace
}  // namespace peko::net
