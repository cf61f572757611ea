#include "net/buffer_pool.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace peko::net {
namespace {

TEST(BufferPool, LeasesTheFirstSizeThatIsEnough) {
  BufferPool pool;
  EXPECT_EQ(pool.lease(1).size(), BufferPool::kTinyBytes);
  EXPECT_EQ(pool.lease(BufferPool::kTinyBytes + 1).size(), BufferPool::kSmallBytes);
  EXPECT_EQ(pool.lease(BufferPool::kSmallBytes).size(), BufferPool::kSmallBytes);
  EXPECT_EQ(pool.lease(BufferPool::kSmallBytes + 1).size(), BufferPool::kLargeBytes);
  EXPECT_EQ(pool.lease(200'000).size(), 200'000U);
}

TEST(BufferPool, UsesABufferAgain) {
  BufferPool pool;
  char* first = nullptr;
  {
    const Buffer buffer = pool.lease(BufferPool::kSmallBytes);
    first = buffer.data();
    EXPECT_EQ(pool.leased(), 1U);
  }
  EXPECT_EQ(pool.leased(), 0U);
  EXPECT_EQ(pool.lease(BufferPool::kSmallBytes).data(), first);
}

TEST(BufferPool, KeepsABoundedNumber) {
  BufferPool pool;
  for (const std::size_t bytes :
       {BufferPool::kTinyBytes, BufferPool::kSmallBytes, BufferPool::kLargeBytes, std::size_t{200'000}}) {
    std::vector<Buffer> buffers;
    for (int i = 0; i < 200; ++i) buffers.push_back(pool.lease(bytes));
    EXPECT_EQ(pool.leased(), 200U);
  }
  EXPECT_EQ(pool.leased(), 0U);
  EXPECT_EQ(pool.kept(), BufferPool::kTinyKept + BufferPool::kSmallKept + BufferPool::kLargeKept);
}

TEST(Buffer, MovesItsLease) {
  BufferPool pool;
  Buffer a = pool.lease(1);
  char* const data = a.data();
  Buffer b = std::move(a);
  EXPECT_EQ(b.data(), data);
  a = std::move(b);
  EXPECT_EQ(a.data(), data);
  EXPECT_EQ(pool.leased(), 1U);
  a.give_back();
  EXPECT_FALSE(a);
  EXPECT_EQ(a.size(), 0U);
  EXPECT_EQ(pool.leased(), 0U);
}

}  // namespace
}  // namespace peko::net
