#include "http/server.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

#include "http/fake_client.hpp"

namespace peko::http {
namespace {

TEST(Server, ExplainsWhyItCannotListen) {
  Loopback at;
  const std::string in_use = "127.0.0.1:" + std::to_string(at.server->port());
  const auto code = [&](const std::string& address) {
    auto server = Server::start(*at.loop, address, Server::Sharing::First, at.handler, {});
    return server ? Code::Internal : server.error().code;
  };
  EXPECT_EQ(code(in_use), Code::Conflict);
  EXPECT_EQ(code("nonsense"), Code::Invalid);
  EXPECT_EQ(code("192.0.2.1:0"), Code::NotFound);
}

TEST(Server, SharesItsAddressAmongLoops) {
  Loopback at;
  const auto other_loop = net::Loop::create().value();
  FakeHandler other_handler;
  const auto other = Server::start(*other_loop, "127.0.0.1:" + std::to_string(at.server->port()), Server::Sharing::Join,
                                   other_handler, {})
                         .value();
  EXPECT_EQ(other->port(), at.server->port());
  std::vector<std::unique_ptr<FakeClient>> clients;
  for (int i = 0; i < 64; ++i) clients.push_back(std::make_unique<FakeClient>(at));
  EXPECT_TRUE(at.until([&] {
    other_loop->stop();
    other_loop->run();
    return at.server->connections() + other->connections() == 64;
  }));
  EXPECT_GT(other->connections(), 0U);
  EXPECT_GT(at.server->connections(), 0U);
  other->close_all();
}

TEST(Server, ServesManyConnections) {
  Loopback at;
  std::vector<std::unique_ptr<FakeClient>> clients;
  for (int i = 0; i < 300; ++i) clients.push_back(std::make_unique<FakeClient>(at));
  for (const auto& client : clients) client->send(kGet);
  for (const auto& client : clients) ASSERT_TRUE(client->expect("hello, world\n"));
  EXPECT_EQ(at.server->connections(), 300U);
  for (std::size_t i = 0; i < clients.size(); i += 2) clients[i]->close();
  EXPECT_TRUE(at.until([&] { return at.server->connections() == 150; }));
  for (std::size_t i = 1; i < clients.size(); i += 2) ASSERT_TRUE(clients[i]->ask(kGet));
}

TEST(Server, LeavesClientsBeyondItsLimitInTheBacklog) {
  Limits limits;
  limits.connections_max = 2;
  Loopback at(limits);
  FakeClient a(at);
  FakeClient b(at);
  ASSERT_TRUE(a.ask(kGet));
  ASSERT_TRUE(b.ask(kGet));
  FakeClient c(at);
  c.send(kGet);
  at.settle();
  EXPECT_EQ(at.server->connections(), 2U);
  EXPECT_EQ(c.waiting(), 0);
  a.close();
  EXPECT_TRUE(c.expect("hello, world\n"));
}

TEST(Server, DrainsWithoutCuttingAResponse) {
  Loopback at;
  at.handler.on_request = at.handler.keep();
  FakeClient idle(at);
  FakeClient busy(at);
  FakeClient halfway(at);
  FakeClient begun(at);
  busy.send(kGet);
  ASSERT_TRUE(at.until([&] { return at.handler.pending.size() == 1; }));
  begun.send(kGet);
  ASSERT_TRUE(at.until([&] { return at.handler.pending.size() == 2; }));
  at.handler.pending[1]->send_head({});
  at.handler.pending[1]->write(Chunk("part"));
  ASSERT_TRUE(begun.expect("part"));
  halfway.send("GET / HT");
  ASSERT_TRUE(at.until([&] { return at.server->connections() == 4; }));
  at.settle();
  const net::Address address = at.address();
  at.server->drain();
  EXPECT_FALSE(net::connect_to(address)) << "nobody new";
  ASSERT_TRUE(idle.expect_end());
  EXPECT_TRUE(idle.ended);
  FakeHandler::answer(at.take(), 200, "whole");
  ASSERT_TRUE(busy.expect_end());
  EXPECT_NE(busy.received.find("connection: close\r\n"), std::string::npos);
  EXPECT_TRUE(busy.received.ends_with("whole"));
  Exchange& second = at.take();
  second.write(Chunk("rest"));
  EXPECT_TRUE(second.finish());
  ASSERT_TRUE(begun.expect_end());
  EXPECT_TRUE(begun.ended);
  EXPECT_TRUE(begun.received.ends_with("4\r\nrest\r\n0\r\n\r\n"));
  halfway.send("TP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(at.until([&] { return at.handler.pending.size() == 1; }));
  FakeHandler::answer(at.take(), 200, "whole");
  ASSERT_TRUE(halfway.expect_end());
  EXPECT_TRUE(halfway.received.ends_with("whole"));
  EXPECT_EQ(at.server->connections(), 0U);
}

TEST(Server, AnswersWhatArrivedBeforeItDrains) {
  Loopback at;
  FakeClient known(at);
  ASSERT_TRUE(at.until([&] { return at.server->connections() == 1; }));
  at.settle();
  known.send(kGet);
  FakeClient waiting(at);  // in the backlog
  waiting.send(kGet);
  at.server->drain();
  ASSERT_TRUE(known.expect_end());
  EXPECT_TRUE(known.received.ends_with("hello, world\n")) << known.received;
  ASSERT_TRUE(waiting.expect_end());
  EXPECT_TRUE(waiting.received.ends_with("hello, world\n")) << waiting.received;
  EXPECT_NE(waiting.received.find("connection: close\r\n"), std::string::npos);
  EXPECT_EQ(at.server->connections(), 0U);
}

TEST(Server, ResetsWhatIsLeftWhenItClosesAll) {
  Loopback at;
  at.handler.on_request = at.handler.keep();
  FakeClient idle(at);
  FakeClient busy(at);
  busy.send(kGet);
  ASSERT_TRUE(at.until([&] { return at.handler.pending.size() == 1 && at.server->connections() == 2; }));
  Exchange& exchange = at.take();
  net::Event event(*at.loop);
  exchange.notify(&event);
  at.server->close_all();
  EXPECT_TRUE(exchange.gone());
  EXPECT_TRUE(event.is_set());
  ASSERT_TRUE(idle.expect_end());
  ASSERT_TRUE(busy.expect_end());
  EXPECT_TRUE(busy.reset);
  EXPECT_EQ(at.server->connections(), 1U);
  exchange.abort();
  EXPECT_EQ(at.server->connections(), 0U);
}

TEST(Server, ClosesAllFromWithinAHandler) {
  Loopback at;
  at.handler.on_request = [&](Exchange& exchange) {
    at.server->close_all();
    EXPECT_TRUE(exchange.gone());
    FakeHandler::answer(exchange, 200, "nobody reads this");
  };
  FakeClient client(at);
  client.send(kGet);
  ASSERT_TRUE(client.expect_end());
  EXPECT_TRUE(at.until([&] { return at.server->connections() == 0; }));
}

TEST(Server, RunsOneLoopPerThread) {
  constexpr int kLoops = 2;
  struct Node {
    std::unique_ptr<net::Loop> loop = net::Loop::create().value();
    FakeHandler handler;
    std::unique_ptr<Server> server;
    std::thread thread;
  };
  Node nodes[kLoops];
  std::string address = "127.0.0.1:0";
  for (Node& node : nodes) {
    const auto sharing = &node == &nodes[0] ? Server::Sharing::First : Server::Sharing::Join;
    node.server = Server::start(*node.loop, address, sharing, node.handler, {}).value();
    address = "127.0.0.1:" + std::to_string(node.server->port());
  }
  for (Node& node : nodes) node.thread = std::thread([&node] { node.loop->run(); });
  int answered = 0;
  for (int i = 0; i < 200; ++i) {
    const UniqueFd client = net::connect_to(net::Address::parse(address).value());
    ASSERT_EQ(::send(client.get(), kGet.data(), kGet.size(), MSG_NOSIGNAL), static_cast<ssize_t>(kGet.size()));
    char bytes[1024];
    const ssize_t count = ::recv(client.get(), bytes, sizeof(bytes), 0);
    answered += count > 0 && std::string_view(bytes, static_cast<std::size_t>(count)).ends_with("hello, world\n");
  }
  EXPECT_EQ(answered, 200);
  for (Node& node : nodes) {
    node.loop->post([&node] {
      node.server->close_all();
      node.loop->stop();
    });
    node.thread.join();
  }
  EXPECT_EQ(nodes[0].handler.seen.size() + nodes[1].handler.seen.size(), 200U);
}

}  // namespace
}  // namespace peko::http
