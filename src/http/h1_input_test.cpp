#include "http/h1_input.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>

namespace peko::http {
namespace {

using net::BufferPool;

void arrive(H1Input& input, std::string_view bytes, H1Input::Expected expected = H1Input::Expected::Head) {
  const std::span<char> room = input.room(expected);
  ASSERT_GE(room.size(), bytes.size());
  std::memcpy(room.data(), bytes.data(), bytes.size());
  input.received(bytes.size());
}

std::string text(std::span<const char> bytes) { return {bytes.data(), bytes.size()}; }

// As the parser does with a chunk: `framing` bytes, then `size` bytes of data.
void take_chunk(H1Input& input, std::size_t framing, std::size_t size) {
  input.take_body(std::string_view(input.raw().data() + framing, size), framing + size);
}

TEST(H1Input, HoldsNoMemoryWithoutBytes) {
  BufferPool pool;
  H1Input input(pool);
  EXPECT_EQ(pool.leased(), 0U);
  arrive(input, "abc");
  EXPECT_EQ(pool.leased(), 1U);
  input.drop(3);
  input.settle(H1Input::Expected::Head);
  EXPECT_EQ(pool.leased(), 0U);
}

TEST(H1Input, KeepsFewBytesThatWaitInASmallBuffer) {
  BufferPool pool;
  H1Input input(pool);
  arrive(input, "xxGET / HT");
  input.drop(2);
  input.settle(H1Input::Expected::Head);
  EXPECT_EQ(text(input.raw()), "GET / HT");
  EXPECT_EQ(pool.leased(), 1U);
  EXPECT_EQ(pool.lease(BufferPool::kSmallBytes).size(), BufferPool::kSmallBytes);
  EXPECT_EQ(pool.kept(), 1U) << "the small one is back in the pool";
  arrive(input, "TP/1.1");
  EXPECT_EQ(text(input.raw()), "GET / HTTP/1.1");
}

TEST(H1Input, JoinsThePiecesOfABody) {
  BufferPool pool;
  H1Input input(pool);
  arrive(input, "HEAD|3:abc|4:defg|rest");
  input.drop(5);
  input.begin_body();
  take_chunk(input, 2, 3);
  take_chunk(input, 3, 4);
  EXPECT_EQ(text(input.body()), "abcdefg");
  EXPECT_EQ(text(input.raw()), "|rest");
  input.consume_body(2);
  EXPECT_EQ(text(input.body()), "cdefg");
  input.consume_body(5);
  EXPECT_TRUE(input.body().empty());
  EXPECT_EQ(text(input.raw()), "|rest");
}

TEST(H1Input, GrowsForAHeadThatNeedsMoreThanOneBuffer) {
  BufferPool pool;
  H1Input input(pool);
  std::string all;
  for (int i = 0; i < 10; ++i) {
    std::string piece(BufferPool::kSmallBytes, static_cast<char>('a' + i));
    const std::span<char> room = input.room(H1Input::Expected::Head);
    ASSERT_FALSE(room.empty());
    piece.resize(std::min(piece.size(), room.size()));
    std::memcpy(room.data(), piece.data(), piece.size());
    input.received(piece.size());
    all += piece;
  }
  EXPECT_EQ(text(input.raw()), all);
}

TEST(H1Input, HasNoRoomWhileTheHandlerDoesNotConsume) {
  BufferPool pool;
  H1Input input(pool);
  std::size_t held = 0;
  for (std::span<char> room = input.room(H1Input::Expected::Body); !room.empty();
       room = input.room(H1Input::Expected::Body)) {
    std::memset(room.data(), 'x', room.size());
    input.received(room.size());
    held += room.size();
    ASSERT_LE(held, BufferPool::kLargeBytes);
    input.take_body(std::string_view(input.raw().data(), input.raw().size()), input.raw().size());
  }
  EXPECT_EQ(held, BufferPool::kLargeBytes);
  input.consume_body(BufferPool::kLargeBytes / 2);
  EXPECT_EQ(input.room(H1Input::Expected::Body).size(), BufferPool::kLargeBytes / 2);
  EXPECT_EQ(input.body().size(), BufferPool::kLargeBytes / 2);
}

// Receives a whole buffer of a body, at most `most` bytes; returns where it lies.
const char* fill(H1Input& input, std::size_t most = BufferPool::kBlockBytes,
                 H1Input::Expected expected = H1Input::Expected::Body) {
  const std::span<char> room = input.room(expected);
  const std::size_t size = std::min(room.size(), most);
  std::memset(room.data(), 'x', size);
  input.received(size);
  input.take_body(std::string_view(room.data(), size), size);
  return room.data();
}

TEST(H1Input, TakesMoreAtOnceFromASenderThatFillsItsBuffers) {
  BufferPool pool;
  H1Input input(pool);
  for (const std::size_t size : {BufferPool::kLargeBytes, BufferPool::kBlockBytes, BufferPool::kBlockBytes}) {
    fill(input);
    EXPECT_EQ(input.body().size(), size);
    input.consume_body(size);
    input.settle(H1Input::Expected::Body);
  }
  fill(input, BufferPool::kLargeBytes - 1);
  input.consume_body(BufferPool::kLargeBytes - 1);
  input.settle(H1Input::Expected::Body);
  fill(input);
  EXPECT_EQ(input.body().size(), BufferPool::kLargeBytes) << "a slow one needs less";
}

TEST(H1Input, KeepsNoHeadInABlock) {
  BufferPool pool;
  H1Input input(pool);
  const std::span<char> room = input.room(H1Input::Expected::LongBody);
  std::memset(room.data(), 'x', 210'000);
  input.received(210'000);
  input.take_body(std::string_view(room.data(), 200'000), 200'000);
  input.consume_body(200'000);
  input.settle(H1Input::Expected::Head);
  EXPECT_EQ(text(input.raw()), std::string(10'000, 'x'));
  EXPECT_EQ(pool.kept(), 1U) << "the block";
}

TEST(H1Input, TakesMuchAtOnceOfABodyThatIsKnownToBeLong) {
  BufferPool pool;
  H1Input input(pool);
  fill(input, BufferPool::kBlockBytes, H1Input::Expected::LongBody);
  EXPECT_EQ(input.body().size(), BufferPool::kBlockBytes);
}

TEST(H1Input, HandsALongBodyOnWithItsMemory) {
  BufferPool pool;
  H1Input input(pool);
  fill(input);
  EXPECT_TRUE(input.take_body_whole().bytes().empty()) << "a large one is copied";
  input.consume_body(BufferPool::kLargeBytes);
  const char* const at = fill(input);
  {
    const Chunk whole = input.take_body_whole();
    EXPECT_EQ(whole.bytes().data(), at);
    EXPECT_EQ(whole.bytes(), std::string(BufferPool::kBlockBytes, 'x'));
    EXPECT_EQ(pool.leased(), 0U);
    EXPECT_TRUE(input.body().empty());
    EXPECT_NE(fill(input), at) << "that memory is the chunk's";
    input.consume_body(input.body().size());
  }
  fill(input, 20'000);
  EXPECT_TRUE(input.take_body_whole().bytes().empty()) << "so little is copied";
  EXPECT_EQ(input.body().size(), 20'000U);
}

TEST(H1Input, KeepsTheMemoryThatABodyShares) {
  BufferPool pool;
  H1Input input(pool);
  fill(input);
  input.consume_body(BufferPool::kLargeBytes);
  const std::span<char> room = input.room(H1Input::Expected::Body);
  ASSERT_EQ(room.size(), BufferPool::kBlockBytes);
  input.received(300'000);
  input.take_body(std::string_view(room.data(), 200'000), 200'000);
  EXPECT_TRUE(input.take_body_whole().bytes().empty());
  EXPECT_EQ(input.body().size(), 200'000U);
  EXPECT_EQ(input.raw().size(), 100'000U);
  input.consume_body(200'000);
  input.drop(1'000);  // a head, whose views are still in use
  input.begin_body();
  input.take_body(std::string_view(input.raw().data(), 99'000), 99'000);
  EXPECT_TRUE(input.take_body_whole().bytes().empty());
  EXPECT_EQ(input.body().size(), 99'000U);
}

TEST(H1Input, KeepsBodyAndRawBytesWhenItMovesThem) {
  BufferPool pool;
  H1Input input(pool);
  arrive(input, std::string(BufferPool::kSmallBytes - 20, '.') + "4:body|5:raw", H1Input::Expected::Head);
  input.drop(BufferPool::kSmallBytes - 20);
  input.begin_body();
  take_chunk(input, 2, 4);
  input.consume_body(1);
  EXPECT_GT(input.room(H1Input::Expected::Body).size(), BufferPool::kSmallBytes / 2);
  EXPECT_EQ(text(input.body()), "ody");
  EXPECT_EQ(text(input.raw()), "|5:raw");
}

}  // namespace
}  // namespace peko::http
