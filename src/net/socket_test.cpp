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
  EXPECT_EQ(receive(server.get(), bytes).kind, Io::Kind::Again);
  ASSERT_EQ(::write(client.get(), "hello", 5), 5);
  const Io io = receive(server.get(), bytes);
  EXPECT_EQ(io.kind, Io::Kind::Done);
  EXPECT_EQ(std::string(bytes, io.bytes), "hello");
  shut_down_sending(client.get());
  EXPECT_EQ(receive(server.get(), bytes).kind, Io::Kind::End);
}

TEST(Socket, DiscardsWithoutReading) {
  const auto [server, client] = tcp_pair();
  ASSERT_EQ(::write(client.get(), "hello world", 11), 11);
  const Io io = discard(server.get(), 6);
  EXPECT_EQ(io.kind, Io::Kind::Done);
  EXPECT_EQ(io.bytes, 6U);
  char bytes[16];
  EXPECT_EQ(std::string(bytes, receive(server.get(), bytes).bytes), "world");
}

TEST(Socket, SendsPiecesInOrder) {
  const auto [server, client] = tcp_pair();
  std::string a = "one ";
  std::string b = "two";
  std::vector<iovec> pieces{{a.data(), a.size()}, {b.data(), b.size()}};
  EXPECT_EQ(send(server.get(), pieces).bytes, 7U);
  EXPECT_EQ(send(server.get(), std::string_view("!")).bytes, 1U);
  char bytes[16];
  EXPECT_EQ(::recv(client.get(), bytes, 8, MSG_WAITALL), 8);
  EXPECT_EQ(std::string(bytes, 8), "one two!");
}

TEST(Socket, SaysWhenThereIsNoRoom) {
  const auto [server, client] = tcp_pair();
  const std::string much(1 << 20, 'x');
  Io io{Io::Kind::Done, 1};
  while (io.kind == Io::Kind::Done) io = send(server.get(), much);
  EXPECT_EQ(io.kind, Io::Kind::Again);
  const std::size_t before = untaken(server.get());
  EXPECT_GT(before, 0U);
  std::string taken(1 << 16, ' ');
  while (untaken(server.get()) == before) ASSERT_GT(::recv(client.get(), taken.data(), taken.size(), 0), 0);
  EXPECT_LT(untaken(server.get()), before);
}

TEST(Socket, ResetIsSeenAsAReset) {
  auto [server, client] = tcp_pair();
  ASSERT_EQ(send(server.get(), std::string_view("part")).bytes, 4U);
  reset(std::move(server));
  char bytes[16];
  ssize_t count = 0;
  do {
    count = ::read(client.get(), bytes, sizeof(bytes));
  } while (count > 0);
  EXPECT_EQ(count, -1);
  EXPECT_EQ(errno, ECONNRESET);
}

TEST(Socket, FailsWithoutASignalWhenThePeerIsGone) {
  auto [server, client] = tcp_pair();
  reset(std::move(client));
  Io io{Io::Kind::Done, 1};
  for (int i = 0; i < 3 && io.kind == Io::Kind::Done; ++i) io = send(server.get(), std::string_view("x"));
  EXPECT_EQ(io.kind, Io::Kind::Failed);
}

}  // namespace
}  // namespace peko::net
