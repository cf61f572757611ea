/// BufferPool: memory for bytes in flight.
///
/// A connection that waits holds no buffer: it leases one when bytes arrive and gives it back when they are consumed.
/// So ten thousand idle connections cost no buffers, and the few that are busy share warm ones.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>

#include "net/block.hpp"

namespace peko::net {

class BufferPool;

/// A leased buffer; goes back to its pool on destruction. Empty when default-constructed.
class Buffer {
 public:
  Buffer() = default;
  Buffer(Buffer&& other) noexcept
      : pool_(std::exchange(other.pool_, nullptr)),
        data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        is_block_(std::exchange(other.is_block_, false)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(pool_, other.pool_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(is_block_, other.is_block_);
    return *this;
  }
  ~Buffer() { give_back(); }

  [[nodiscard]] char* data() const { return data_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::span<char> span() const { return {data_, size_}; }
  explicit operator bool() const { return data_ != nullptr; }

  void give_back();
  /// Whether it may leave its pool.
  [[nodiscard]] bool is_block() const { return is_block_; }
  /// Takes a block out of the pool, which may be gone before it. The buffer is empty then.
  Block leave();

 private:
  friend class BufferPool;
  enum class Kind : bool { Own, Block };
  Buffer(BufferPool* pool, char* data, std::size_t size, Kind kind = Kind::Own)
      : pool_(pool), data_(data), size_(size), is_block_(kind == Kind::Block) {}

  BufferPool* pool_ = nullptr;
  char* data_ = nullptr;
  std::size_t size_ = 0;
  bool is_block_ = false;
};

/// Lives on one loop and outlives its leases.
class BufferPool {
 public:
  static constexpr std::size_t kTinyBytes =
      std::size_t{1} * 1024;  ///< the beginning of a head whose rest takes its time
  static constexpr std::size_t kSmallBytes = std::size_t{16} * 1024;   ///< a request's head and a small body
  static constexpr std::size_t kLargeBytes = std::size_t{128} * 1024;  ///< uploads, and heads that outgrow a small one
  static constexpr std::size_t kBlockBytes = BlockStash::kBytes;       ///< long uploads
  /// Kept for the next lease, by size: 64 KiB, 1 MiB and 2 MiB a loop, and BlockStash::kKept. What is more goes back to
  /// malloc.
  static constexpr std::size_t kTinyKept = 64;
  static constexpr std::size_t kSmallKept = 64;
  static constexpr std::size_t kLargeKept = 16;

  BufferPool() = default;
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;
  ~BufferPool();

  /// A buffer of the first of these sizes that holds `bytes_min`; when none does, one of exactly that size, which is
  /// not kept later.
  Buffer lease(std::size_t bytes_min);
  /// A block, of kBlockBytes; a large one while too many blocks are in use.
  Buffer lease_block();

  [[nodiscard]] std::size_t leased() const { return leased_; }
  [[nodiscard]] std::size_t kept() const { return tiny_.count + small_.count + large_.count + blocks_->kept(); }

 private:
  friend class Buffer;
  template <std::size_t kMost>
  struct Kept {
    std::array<char*, kMost> buffers;
    std::size_t count = 0;

    char* take(std::size_t bytes) { return count > 0 ? buffers[--count] : new char[bytes]; }
    void keep(char* data) {
      if (count < kMost) {
        buffers[count++] = data;
      } else {
        delete[] data;
      }
    }
    void clear() {
      while (count > 0) delete[] buffers[--count];
    }
  };

  void take_back(char* data, std::size_t size, bool is_block);

  Kept<kTinyKept> tiny_;
  Kept<kSmallKept> small_;
  Kept<kLargeKept> large_;
  const std::shared_ptr<BlockStash> blocks_ = std::make_shared<BlockStash>();
  std::size_t leased_ = 0;
};

}  // namespace peko::net
