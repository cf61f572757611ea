#include "net/acceptor.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <functional>
#include <vector>

#include "net/tcp_pair.hpp"

namespace peko::net {
namespace {

struct Accepted final : Acceptor::Sink {
  std::vector<UniqueFd> sockets;
  std::vector<std::string> peers;
  std::function<void()> then = [] {};

  void accepted(UniqueFd socket, const Address& peer) override {
    sockets.push_back(std::move(socket));
    peers.push_back(peer.text());
    then();
  }
};

Listener loopback() { return Listener::bind(Address::parse("127.0.0.1:0").value(), Sharing::First).value(); }

void turn_once(Loop& loop) {
  loop.stop();
  loop.run();
}

TEST(Acceptor, HandsOverNonBlockingSocketsAndTheirPeers) {
  const auto loop = Loop::create().value();
  Accepted sink;
  Acceptor acceptor(*loop, loopback(), sink);
  ASSERT_TRUE(acceptor.start());
  const UniqueFd client = connect_to(acceptor.address());
  turn_once(*loop);
  ASSERT_EQ(sink.sockets.size(), 1U);
  EXPECT_EQ(sink.peers[0], Address::of_socket(client.get()).text());
  EXPECT_NE(::fcntl(sink.sockets[0].get(), F_GETFL) & O_NONBLOCK, 0);
}

TEST(Acceptor, TakesABoundedBatchPerTurn) {
  const auto loop = Loop::create().value();
  Accepted sink;
  Acceptor acceptor(*loop, loopback(), sink);
  ASSERT_TRUE(acceptor.start());
  std::vector<UniqueFd> clients;
  for (int i = 0; i < Acceptor::kBatch + 10; ++i) clients.push_back(connect_to(acceptor.address()));
  turn_once(*loop);
  EXPECT_EQ(sink.sockets.size(), static_cast<std::size_t>(Acceptor::kBatch));
  turn_once(*loop);
  EXPECT_EQ(sink.sockets.size(), clients.size());
}

TEST(Acceptor, LeavesClientsInTheBacklogWhileItIsStopped) {
  const auto loop = Loop::create().value();
  Accepted sink;
  Acceptor acceptor(*loop, loopback(), sink);
  sink.then = [&] { acceptor.stop(); };
  ASSERT_TRUE(acceptor.start());
  const UniqueFd a = connect_to(acceptor.address());
  const UniqueFd b = connect_to(acceptor.address());
  turn_once(*loop);
  turn_once(*loop);
  EXPECT_EQ(sink.sockets.size(), 1U);
  ASSERT_TRUE(acceptor.start());
  turn_once(*loop);
  EXPECT_EQ(sink.sockets.size(), 2U);
}

TEST(Acceptor, TakesThoseWhoConnectedBeforeClose) {
  const auto loop = Loop::create().value();
  Accepted sink;
  Acceptor acceptor(*loop, loopback(), sink);
  ASSERT_TRUE(acceptor.start());
  std::vector<UniqueFd> clients;
  for (int i = 0; i < Acceptor::kBatch + 1; i++) clients.push_back(connect_to(acceptor.address()));
  acceptor.close();
  EXPECT_EQ(sink.sockets.size(), clients.size());
}

TEST(Acceptor, RefusesClientsAfterClose) {
  const auto loop = Loop::create().value();
  Accepted sink;
  Acceptor acceptor(*loop, loopback(), sink);
  ASSERT_TRUE(acceptor.start());
  const Address address = acceptor.address();
  acceptor.close();
  EXPECT_FALSE(connect_to(address));
  EXPECT_TRUE(acceptor.start().has_value());
}

TEST(Acceptor, RestsWhenThereIsNoDescriptorLeftAndGoesOnLater) {
  const auto loop = Loop::create().value();
  Accepted sink;
  Acceptor acceptor(*loop, loopback(), sink);
  ASSERT_TRUE(acceptor.start());
  // A first client while there are descriptors: UBSan wants some of its own the first time it sees a type.
  const UniqueFd first = connect_to(acceptor.address());
  turn_once(*loop);
  ASSERT_EQ(sink.sockets.size(), 1U);
  const UniqueFd client = connect_to(acceptor.address());
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit none = before;
  none.rlim_cur = 3;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const TimePoint begin = loop->now();
  for (int i = 0; i < 20; ++i) turn_once(*loop);
  const auto rests_due = static_cast<std::uint64_t>((loop->now() - begin) / Acceptor::kRest) + 1;
  EXPECT_GE(acceptor.rests(), 1U);
  EXPECT_LE(acceptor.rests(), rests_due) << "it does not try again at once";
  EXPECT_EQ(sink.sockets.size(), 1U);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  sink.then = [&] { loop->stop(); };
  loop->run();
  EXPECT_EQ(sink.sockets.size(), 2U);
}

}  // namespace
}  // namespace peko::net
