#include "net/buffer_pool.hpp"

#include "base/assert.hpp"

namespace peko::net {

void Buffer::give_back() {
  if (data_) pool_->take_back(std::exchange(data_, nullptr), size_);
  size_ = 0;
}

Block Buffer::leave() {
  PEKO_ASSERT(size_ == BufferPool::kHugeBytes, "only a huge buffer leaves its pool");
  --pool_->leased_;
  size_ = 0;
  return pool_->huge_->own(std::exchange(data_, nullptr));
}

BufferPool::~BufferPool() {
  PEKO_ASSERT(leased_ == 0, "a pool outlives its leases");
  tiny_.clear();
  small_.clear();
  large_.clear();
}

Buffer BufferPool::lease(std::size_t bytes_min) {
  ++leased_;
  if (bytes_min <= kTinyBytes) return Buffer(this, tiny_.take(kTinyBytes), kTinyBytes);
  if (bytes_min <= kSmallBytes) return Buffer(this, small_.take(kSmallBytes), kSmallBytes);
  if (bytes_min <= kLargeBytes) return Buffer(this, large_.take(kLargeBytes), kLargeBytes);
  if (bytes_min <= kHugeBytes) return Buffer(this, huge_->take(BlockStash::Need::Must), kHugeBytes);
  return Buffer(this, new char[bytes_min], bytes_min);
}

Buffer BufferPool::lease_huge() {
  char* const data = huge_->take(BlockStash::Need::May);
  if (data == nullptr) return lease(kLargeBytes);
  ++leased_;
  return Buffer(this, data, kHugeBytes);
}

void BufferPool::take_back(char* data, std::size_t size) {
  --leased_;
  switch (size) {
    case kTinyBytes: tiny_.keep(data); break;
    case kSmallBytes: small_.keep(data); break;
    case kLargeBytes: large_.keep(data); break;
    case kHugeBytes: huge_->give_back(data); break;
    default: delete[] data;
  }
}

}  // namespace peko::net
