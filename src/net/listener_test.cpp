#include "net/listener.hpp"

#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <vector>

#include "net/tcp_pair.hpp"

namespace peko::net {
namespace {

Result<Listener> listen_on(const std::string& text, Sharing sharing = Sharing::First) {
  return Listener::bind(Address::parse(text).value(), sharing);
}

TEST(Listener, ChoosesAPort) {
  const Result<Listener> listener = listen_on("127.0.0.1:0");
  ASSERT_TRUE(listener.has_value());
  EXPECT_NE(listener->address().port(), 0);
  EXPECT_TRUE(connect_to(listener->address()));
}

TEST(Listener, ListensOnIpv6) {
  const Result<Listener> listener = listen_on("[::1]:0");
  if (!listener) GTEST_SKIP() << "no IPv6 here: " << listener.error().message;
  EXPECT_TRUE(connect_to(listener->address()));
}

TEST(Listener, SaysThatTheAddressIsInUse) {
  const Listener first = listen_on("127.0.0.1:0").value();
  const Result<Listener> second = listen_on(first.address().text());
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, Code::Conflict);
  EXPECT_NE(second.error().message.find(first.address().text()), std::string::npos) << second.error().message;
}

TEST(Listener, RefusesAnAddressThatOthersShare) {
  const Listener first = listen_on("127.0.0.1:0").value();
  const Listener joined = listen_on(first.address().text(), Sharing::Join).value();
  const Result<Listener> third = listen_on(first.address().text());
  ASSERT_FALSE(third.has_value());
  EXPECT_EQ(third.error().code, Code::Conflict);
}

TEST(Listener, SharesConnectionsWithThoseThatJoin) {
  const Listener first = listen_on("127.0.0.1:0").value();
  const Listener joined = listen_on(first.address().text(), Sharing::Join).value();
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 64; ++i) clients.push_back(connect_to(first.address()));
  int taken[2] = {};
  for (const int fd : {first.fd(), joined.fd()}) {
    while (UniqueFd accepted{::accept4(fd, nullptr, nullptr, SOCK_CLOEXEC)}) ++taken[fd == joined.fd()];
  }
  EXPECT_EQ(taken[0] + taken[1], 64);
  EXPECT_GT(taken[0], 0);
  EXPECT_GT(taken[1], 0);
}

TEST(Listener, TakesTheAddressAgainWhileOldConnectionsEnd) {
  Listener first = listen_on("127.0.0.1:0").value();
  const Address address = first.address();
  UniqueFd client = connect_to(address);
  UniqueFd server(::accept4(first.fd(), nullptr, nullptr, SOCK_CLOEXEC));
  server.close();  // this side closes first, so its end waits in TIME_WAIT
  client.close();
  first.close();
  EXPECT_TRUE(Listener::bind(address, Sharing::First).has_value());
}

TEST(Listener, SaysThatTheMachineDoesNotHaveTheAddress) {
  const Result<Listener> listener = listen_on("192.0.2.1:0");  // TEST-NET-1 (RFC 5737)
  ASSERT_FALSE(listener.has_value());
  EXPECT_EQ(listener.error().code, Code::NotFound);
}

TEST(Listener, SaysThatAPortIsPrivileged) {
  // In a child, which gives up root for good.
  const pid_t child = ::fork();
  if (child == 0) {
    if (::getuid() == 0 && ::setuid(65534) != 0) ::_exit(2);
    const Result<Listener> listener = listen_on("127.0.0.1:1");
    if (listener) ::_exit(3);  // the system lets everybody have low ports
    ::_exit(listener.error().code == Code::Denied ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) >= 2) GTEST_SKIP() << "low ports are not privileged here";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(Listener, GivesItsConnectionsNoDelay) {
  const auto [server, client] = tcp_pair();
  int no_delay = 0;
  socklen_t size = sizeof(no_delay);
  ASSERT_EQ(::getsockopt(server.get(), IPPROTO_TCP, TCP_NODELAY, &no_delay, &size), 0);
  EXPECT_NE(no_delay, 0);
}

}  // namespace
}  // namespace peko::net
