#include "net/block.hpp"

#include "base/assert.hpp"

namespace peko::net {

Block::~Block() {
  if (data_ != nullptr) stash_->give_back(data_);
}

BlockStash::~BlockStash() {
  PEKO_ASSERT(in_use_ == 0, "a stash outlives its blocks");
  while (kept_ > 0) delete[] blocks_[--kept_];
}

char* BlockStash::take() {
  {
    const std::scoped_lock lock(mutex_);
    if (in_use_ == kMost) return nullptr;
    ++in_use_;
    if (kept_ > 0) return blocks_[--kept_];
  }
  return new char[kBytes];
}

void BlockStash::give_back(char* data) {
  {
    const std::scoped_lock lock(mutex_);
    --in_use_;
    if (kept_ < kKept) {
      blocks_[kept_++] = data;
      return;
    }
  }
  delete[] data;
}

std::size_t BlockStash::in_use() const {
  const std::scoped_lock lock(mutex_);
  return in_use_;
}

std::size_t BlockStash::kept() const {
  const std::scoped_lock lock(mutex_);
  return kept_;
}

}  // namespace peko::net
