#include "net/buffer_pool.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
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
  const Buffer equal = pool.lease(BufferPool::kBlockBytes);
  EXPECT_EQ(equal.size(), BufferPool::kBlockBytes);
  EXPECT_FALSE(equal.is_block()) << "what is needed is not counted with what is only better";
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
  {
    std::vector<Buffer> blocks;
    for (std::size_t i = 0; i < BlockStash::kMost; ++i) blocks.push_back(pool.lease_block());
  }
  EXPECT_EQ(pool.leased(), 0U);
  EXPECT_EQ(pool.kept(), BufferPool::kTinyKept + BufferPool::kSmallKept + BufferPool::kLargeKept + BlockStash::kKept);
}

TEST(BufferPool, LeasesLargeOnesWhenTooManyBlocksAreInUse) {
  BufferPool pool;
  std::vector<Buffer> buffers;
  for (std::size_t i = 0; i < BlockStash::kMost; ++i) buffers.push_back(pool.lease_block());
  EXPECT_TRUE(std::ranges::all_of(buffers, [](const Buffer& each) { return each.size() == BufferPool::kBlockBytes; }));
  EXPECT_EQ(pool.lease_block().size(), BufferPool::kLargeBytes);
  const Block gone = buffers.back().leave();
  EXPECT_FALSE(buffers.back());
  EXPECT_EQ(pool.leased(), BlockStash::kMost - 1);
  EXPECT_EQ(pool.lease_block().size(), BufferPool::kLargeBytes) << "one that has left is still in use";
  buffers.clear();
  EXPECT_EQ(pool.lease_block().size(), BufferPool::kBlockBytes);
}

TEST(BufferPool, MayBeGoneBeforeWhatHasLeft) {
  std::optional<Block> block;
  {
    BufferPool pool;
    block.emplace(pool.lease_block().leave());
  }
  block->data()[BufferPool::kBlockBytes - 1] = 'x';
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
