#include "net/buffer_pool.hpp"

#include "base/assert.hpp"

namespace peko::net {

void Buffer::give_back() {
  if (data_) pool_->take_back(std::exchange(data_, nullptr), size_);
  size_ = 0;
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

void BufferPool::take_back(char* data, std::size_t size) {
  --leased_;
  switch (size) {
    case kTinyBytes: tiny_.keep(data); break;
    case kSmallBytes: small_.keep(data); break;
    case kLargeBytes: large_.keep(data); break;
    default: delete[] data;
  }
}

}  // namespace peko::net
