#include "net/buffer_pool.hpp"

#include "base/assert.hpp"

namespace peko::net {

void Buffer::give_back() {
  if (data_) pool_->take_back(std::exchange(data_, nullptr), size_, is_block_);
  size_ = 0;
  is_block_ = false;
}

Block Buffer::leave() {
  PEKO_ASSERT(is_block_, "only a block leaves its pool");
  --pool_->leased_;
  size_ = 0;
  is_block_ = false;
  return pool_->blocks_->own(std::exchange(data_, nullptr));
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
  return Buffer(this, new char[bytes_min], bytes_min);
}

Buffer BufferPool::lease_block() {
  char* const data = blocks_->take();
  if (data == nullptr) return lease(kLargeBytes);
  ++leased_;
  return Buffer(this, data, kBlockBytes, Buffer::Kind::Block);
}

void BufferPool::take_back(char* data, std::size_t size, bool is_block) {
  --leased_;
  if (is_block) return blocks_->give_back(data);
  switch (size) {
    case kTinyBytes: tiny_.keep(data); break;
    case kSmallBytes: small_.keep(data); break;
    case kLargeBytes: large_.keep(data); break;
    default: delete[] data;
  }
}

}  // namespace peko::net
