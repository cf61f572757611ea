/// Block: memory for a large piece of a body, which goes from thread to thread instead of being copied.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>

namespace peko::net {

class BlockStash;

/// Goes back to its stash on destruction, on any thread.
class Block {
 public:
  Block(Block&& other) noexcept : stash_(std::move(other.stash_)), data_(std::exchange(other.data_, nullptr)) {}
  Block& operator=(Block&&) = delete;
  ~Block();

  [[nodiscard]] char* data() const { return data_; }

 private:
  friend class BlockStash;
  Block(std::shared_ptr<BlockStash> stash, char* data) : stash_(std::move(stash)), data_(data) {}

  std::shared_ptr<BlockStash> stash_;
  char* data_;
};

/// Any thread. Its blocks keep it alive.
class BlockStash : public std::enable_shared_from_this<BlockStash> {
 public:
  static constexpr std::size_t kBytes = std::size_t{512} * 1024;
  /// At the same time: 8 MiB.
  static constexpr std::size_t kMost = 16;
  /// Kept for the next one: 2 MiB. More go back to malloc.
  static constexpr std::size_t kKept = 4;

  BlockStash() = default;
  BlockStash(const BlockStash&) = delete;
  BlockStash& operator=(const BlockStash&) = delete;
  ~BlockStash();

  /// kBytes; null when kMost are in use: something smaller has to do.
  char* take();
  void give_back(char* data);
  /// What was taken, as something that finds its way back by itself.
  Block own(char* data) { return Block(shared_from_this(), data); }

  [[nodiscard]] std::size_t in_use() const;
  [[nodiscard]] std::size_t kept() const;

 private:
  mutable std::mutex mutex_;
  // Under the mutex:
  std::array<char*, kKept> blocks_{};
  std::size_t kept_ = 0;
  std::size_t in_use_ = 0;
};

}  // namespace peko::net
