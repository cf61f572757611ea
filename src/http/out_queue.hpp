/// OutQueue: the bytes that wait to be sent over one connection.
#pragma once

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "http/exchange.hpp"
#include "net/stream.hpp"

namespace peko::http {

/// Copied text (heads, framing, small pieces) and owned chunks, in order. Text goes into one string whatever chunks lie
/// between, so that a small response is one block and one call of send. Lives on one loop. While it is empty it holds
/// no memory.
class OutQueue {
  struct Piece {
    Chunk chunk;
    std::string_view rest;  // what of it is to be sent
    std::uint64_t text_at;  // the text in front of it ends here, counted from the first byte of text ever
  };
  struct Store {
    std::string text;
    std::vector<Piece> pieces;
  };

 public:
  /// Memory of queues that are empty, for those that are not. Outlives the queues that use it.
  class Stores {
   public:
    /// Kept for the next queue; more go back to malloc.
    static constexpr std::size_t kKept = 64;
    /// The largest text and number of pieces that a kept one may have room for.
    static constexpr std::size_t kTextKept = std::size_t{64} * 1024;
    static constexpr std::size_t kPiecesKept = 64;

   private:
    friend class OutQueue;
    std::unique_ptr<Store> take();
    void keep(std::unique_ptr<Store> store);

    std::array<std::unique_ptr<Store>, kKept> stores_;
    std::size_t count_ = 0;
  };

  /// A chunk of at least so many bytes is sent from where it is; below, copying is cheaper than one more piece for the
  /// kernel to walk.
  static constexpr std::size_t kCopyBelow = 4096;

  enum class Sent : std::uint8_t {
    All,     ///< the queue is empty
    Partly,  ///< the socket is full: wait for it to become writable
    Failed,  ///< the connection is broken
  };

  explicit OutQueue(Stores& stores) : stores_(stores) {}
  ~OutQueue() { clear(); }
  OutQueue(const OutQueue&) = delete;
  OutQueue& operator=(const OutQueue&) = delete;

  /// Append to it what comes next. Valid until send() or clear().
  std::string& text();
  /// Queues the first `size` bytes of a chunk, at least one. Takes a large chunk over; a small one is copied and stays
  /// the caller's to release.
  void push(Chunk&& chunk, std::size_t size);

  [[nodiscard]] std::size_t queued() const { return store_ ? store_->text.size() - text_sent_ + chunk_bytes_ : 0; }
  [[nodiscard]] bool empty() const { return queued() == 0; }

  /// Sends what it can.
  Sent send(int fd);
  Sent send(net::Stream& stream);
  /// Drops everything.
  void clear();

 private:
  struct Gathered {
    std::size_t pieces = 0;
    std::size_t bytes = 0;
  };
  template <typename Send>
  Sent send_by(Send send);
  Gathered gather(std::span<iovec> into) const;
  void sent(std::size_t bytes);
  void drop_what_was_sent();

  Stores& stores_;
  std::unique_ptr<Store> store_;
  std::size_t text_sent_ = 0;    // of store_->text
  std::uint64_t text_base_ = 0;  // of store_->text[0], counted as text_at
  std::size_t first_piece_ = 0;  // pieces before it have been sent
  std::size_t chunk_bytes_ = 0;  // that wait in pieces
};

}  // namespace peko::http
