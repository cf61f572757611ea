#include "http/out_queue.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cstring>
#include <string>

#include "net/tcp_pair.hpp"

namespace peko::http {
namespace {

void count_release(void* state) noexcept {
  int* counter = nullptr;
  std::memcpy(&counter, state, sizeof(counter));
  ++*counter;
}

Chunk counted(std::string_view bytes, int* counter) { return Chunk(bytes, count_release, &counter, sizeof(counter)); }

std::string receive_some(int fd) {
  std::string bytes(1 << 20, '\0');
  const ssize_t count = ::recv(fd, bytes.data(), bytes.size(), MSG_DONTWAIT);
  bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return bytes;
}

TEST(OutQueue, SendsTextAndChunksInOrder) {
  const auto [server, client] = net::tcp_pair();
  OutQueue::Stores stores;
  OutQueue queue(stores);
  const std::string large(OutQueue::kCopyBelow, 'L');
  queue.text() += "one|";
  queue.push(Chunk("two|"), 4);
  queue.push(Chunk(large), large.size());
  queue.push(Chunk(large), 10);
  queue.text() += "|three";
  EXPECT_EQ(queue.queued(), 8 + large.size() + 10 + 6);
  EXPECT_EQ(queue.send(server.get()), OutQueue::Sent::All);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(receive_some(client.get()), "one|two|" + large + "LLLLLLLLLL|three");
}

TEST(OutQueue, CopiesSmallChunksAndReleasesThemAtOnce) {
  OutQueue::Stores stores;
  OutQueue queue(stores);
  int small = 0;
  int large = 0;
  const std::string bytes(OutQueue::kCopyBelow, 'x');
  queue.push(counted("small", &small), 5);
  queue.push(counted(bytes, &large), bytes.size());
  EXPECT_EQ(small, 1);
  EXPECT_EQ(large, 0);
  queue.clear();
  EXPECT_EQ(large, 1);
  EXPECT_TRUE(queue.empty());
}

TEST(OutQueue, GoesOnWhereASlowReaderStoppedIt) {
  const auto [server, client] = net::tcp_pair();
  OutQueue::Stores stores;
  OutQueue queue(stores);
  std::string expected;
  int released = 0;
  std::vector<std::string> chunks;
  for (int i = 0; i < 300; ++i)
    chunks.push_back(std::string(static_cast<std::size_t>(4096 + i * 61), static_cast<char>('a' + i % 26)));
  for (int i = 0; i < 300; ++i) {
    const std::string framing = "<" + std::to_string(i) + std::string(static_cast<std::size_t>(i * 7), '.') + ">";
    queue.text() += framing;
    queue.push(counted(chunks[static_cast<std::size_t>(i)], &released), chunks[static_cast<std::size_t>(i)].size());
    expected += framing + chunks[static_cast<std::size_t>(i)];
  }
  EXPECT_EQ(queue.queued(), expected.size());
  std::string received;
  bool was_partly = false;
  while (true) {
    const OutQueue::Sent sent = queue.send(server.get());
    ASSERT_NE(sent, OutQueue::Sent::Failed);
    was_partly |= sent == OutQueue::Sent::Partly;
    if (sent == OutQueue::Sent::All) break;
    ASSERT_EQ(queue.queued() == 0, false);
    received += receive_some(client.get());
  }
  while (received.size() < expected.size()) received += receive_some(client.get());
  EXPECT_TRUE(was_partly);
  EXPECT_TRUE(received == expected);
  EXPECT_EQ(released, 300);
}

TEST(OutQueue, TakesMoreWhileAPartWaits) {
  const auto [server, client] = net::tcp_pair();
  OutQueue::Stores stores;
  OutQueue queue(stores);
  std::string expected;
  std::string received;
  const std::string chunk(50'000, 'c');
  for (int i = 0; i < 400; ++i) {
    const std::string text = "[" + std::to_string(i) + std::string(2'000, 't') + "]";
    queue.text() += text;
    queue.push(Chunk(chunk), chunk.size());
    expected += text + chunk;
    ASSERT_NE(queue.send(server.get()), OutQueue::Sent::Failed);
    if (i % 2 == 0) received += receive_some(client.get());
  }
  while (received.size() < expected.size()) {
    received += receive_some(client.get());
    ASSERT_NE(queue.send(server.get()), OutQueue::Sent::Failed);
  }
  EXPECT_TRUE(received == expected);
}

TEST(OutQueue, SaysWhenTheConnectionIsBroken) {
  auto [server, client] = net::tcp_pair();
  const linger hard{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(client.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
  client.close();
  OutQueue::Stores stores;
  OutQueue queue(stores);
  queue.text() += "x";
  EXPECT_EQ(queue.send(server.get()), OutQueue::Sent::Failed);
}

}  // namespace
}  // namespace peko::http
