#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "http/exchange.hpp"

namespace peko::http {
namespace {

void count_release(void* state) noexcept {
  int* counter = nullptr;
  std::memcpy(&counter, state, sizeof(counter));
  ++*counter;
}

Chunk counted(std::string_view bytes, int* counter) { return Chunk(bytes, count_release, &counter, sizeof(counter)); }

TEST(Chunk, ReleasesOnce) {
  int released = 0;
  {
    const Chunk chunk = counted("abc", &released);
    EXPECT_EQ(chunk.bytes(), "abc");
    EXPECT_EQ(released, 0);
  }
  EXPECT_EQ(released, 1);
}

TEST(Chunk, KeepsItsOwnBytesThroughMoves) {
  for (const std::size_t size : {std::size_t{3}, std::size_t{100'000}}) {  // within the string and on the heap
    Chunk a = Chunk::of(std::string(size, 'x'));
    Chunk b = std::move(a);
    a = std::move(b);
    EXPECT_EQ(a.bytes(), std::string(size, 'x'));
  }
}

TEST(Chunk, ReleasesOnceAfterMoves) {
  int released = 0;
  {
    Chunk a = counted("abc", &released);
    Chunk b = std::move(a);
    std::vector<Chunk> chunks;
    for (int i = 0; i < 10; ++i) chunks.push_back(Chunk());
    chunks.push_back(std::move(b));
    chunks.reserve(1000);
    EXPECT_EQ(chunks.back().bytes(), "abc");
    EXPECT_EQ(released, 0);
  }
  EXPECT_EQ(released, 1);
}

TEST(Chunk, ReleasesWhatItIsAssignedOver) {
  int first = 0;
  int second = 0;
  Chunk chunk = counted("abc", &first);
  chunk = counted("def", &second);
  EXPECT_EQ(first, 1);
  EXPECT_EQ(second, 0);
  chunk = Chunk("static");
  EXPECT_EQ(second, 1);
}

}  // namespace
}  // namespace peko::http
