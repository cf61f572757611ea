#include "net/socket.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cerrno>
#include <string>
#include <vector>

#include "net/tcp_pair.hpp"

namespace peko::net {
namespace {

TEST(Socket, ReceivesUntilThereIsNothing) {
  const auto [server, client] = tcp_pair();
  char bytes[16];
  EXPECT_EQ(receive(server.number(), bytes).kind, Io::Kind::Again);
  ASSERT_EQ(::write(client.number(), "hello", 5), 5);
  const Io io = receive(server.number(), bytes);
  EXPECT_EQ(io.kind, Io::Kind::Done);
  EXPECT_EQ(std::string(bytes, io.bytes), "hello");
  shut_down_sending(client.number());
  EXPECT_EQ(receive(server.number(), bytes).kind, Io::Kind::End);
}

TEST(Socket, DiscardsWithoutReading) {
  const auto [server, client] = tcp_pair();
  ASSERT_EQ(::write(client.number(), "hello world", 11), 11);
  const Io io = discard(server.number(), 6);
  EXPECT_EQ(io.kind, Io::Kind::Done);
  EXPECT_EQ(io.bytes, 6U);
  char bytes[16];
  EXPECT_EQ(std::string(bytes, receive(server.number(), bytes).bytes), "world");
}

TEST(Socket, SendsPiecesInOrder) {
  const auto [server, client] = tcp_pair();
  std::string a = "one ";
  std::string b = "two";
  std::vector<iovec> pieces{{a.data(), a.size()}, {b.data(), b.size()}};
  EXPECT_EQ(send(server.number(), pieces).bytes, 7U);
  EXPECT_EQ(send(server.number(), std::string_view("!")).bytes, 1U);
  char bytes[16];
  EXPECT_EQ(::recv(client.number(), bytes, 8, MSG_WAITALL), 8);
  EXPECT_EQ(std::string(bytes, 8), "one two!");
}

TEST(Socket, SaysWhenThereIsNoRoom) {
  const auto [server, client] = tcp_pair();
  const std::string much(1 << 20, 'x');
  Io io{Io::Kind::Done, 1};
  while (io.kind == Io::Kind::Done) io = send(server.number(), much);
  EXPECT_EQ(io.kind, Io::Kind::Again);
}

TEST(Socket, ResetIsSeenAsAReset) {
  auto [server, client] = tcp_pair();
  ASSERT_EQ(send(server.number(), std::string_view("part")).bytes, 4U);
  reset(std::move(server));
  char bytes[16];
  ssize_t count = 0;
  do {
    count = ::read(client.number(), bytes, sizeof(bytes));
  } while (count > 0);
  EXPECT_EQ(count, -1);
  EXPECT_EQ(errno, ECONNRESET);
}

TEST(Socket, FailsWithoutASignalWhenThePeerIsGone) {
  auto [server, client] = tcp_pair();
  reset(std::move(client));
  Io io{Io::Kind::Done, 1};
  for (int i = 0; i < 3 && io.kind == Io::Kind::Done; ++i) io = send(server.number(), std::string_view("x"));
  EXPECT_EQ(io.kind, Io::Kind::Failed);
}

}  // namespace
}  // namespace peko::net
