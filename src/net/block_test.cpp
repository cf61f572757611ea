#include "net/block.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>
#include <vector>

namespace peko::net {
namespace {

TEST(BlockStash, GivesABoundedNumber) {
  const auto stash = std::make_shared<BlockStash>();
  std::vector<char*> taken;
  for (std::size_t i = 0; i < BlockStash::kMost; i++) taken.push_back(stash->take());
  EXPECT_EQ(std::ranges::count(taken, nullptr), 0);
  EXPECT_EQ(stash->take(), nullptr);
  EXPECT_EQ(stash->in_use(), BlockStash::kMost);
  for (char* each : taken) stash->give_back(each);
  EXPECT_EQ(stash->in_use(), 0U);
  EXPECT_EQ(stash->kept(), BlockStash::kKept);
  char* const again = stash->take();
  EXPECT_EQ(std::ranges::count(taken, again), 1);
  stash->give_back(again);
}

TEST(Block, FindsItsWayBackOnAnotherThread) {
  auto stash = std::make_shared<BlockStash>();
  char* const data = stash->take();
  Block block = stash->own(data);
  EXPECT_EQ(block.data(), data);
  std::thread([moved = std::move(block)] { moved.data()[BlockStash::kBytes - 1] = 'x'; }).join();
  EXPECT_EQ(stash->in_use(), 0U);
  EXPECT_EQ(stash->kept(), 1U);
}

TEST(Block, MayOutliveWhoeverMadeItsStash) {
  auto stash = std::make_shared<BlockStash>();
  const std::weak_ptr<BlockStash> watched = stash;
  {
    const Block block = stash->own(stash->take());
    stash.reset();
    EXPECT_FALSE(watched.expired());
  }
  EXPECT_TRUE(watched.expired());
}

}  // namespace
}  // namespace peko::net
