/// H1Input: the bytes of one client that have been received and not yet used.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "http/exchange.hpp"
#include "net/buffer_pool.hpp"

namespace peko::http {

/// One contiguous buffer: first the decoded bytes of the current body that the handler has not consumed, then raw bytes
/// that the parser has not consumed. A buffer is leased only while there are bytes, and a small one while few bytes
/// wait for more.
class H1Input {
 public:
  enum class Expected { Head, Body, LongBody };

  explicit H1Input(net::BufferPool& pool) : pool_(pool) {}

  /// What the parser has not consumed.
  [[nodiscard]] std::span<char> raw() const { return {buffer_.data() + raw_begin_, raw_end_ - raw_begin_}; }
  /// Drops raw bytes. They stay in place, and views to them valid, until room() or settle().
  void drop(std::size_t n) { raw_begin_ += n; }

  /// A new request: no body yet.
  void begin_body() { body_begin_ = body_end_ = raw_begin_; }
  [[nodiscard]] std::span<const char> body() const { return {buffer_.data() + body_begin_, body_end_ - body_begin_}; }
  /// Drops `consumed` raw bytes and appends `piece`, which lies within them, to the body.
  void take_body(std::string_view piece, std::size_t consumed);
  void consume_body(std::size_t n);
  /// The whole body at hand with the memory that it lies in; empty, and nothing has changed, when it is to be copied:
  /// there is little of it, or it shares the memory with others, as a head before it or raw bytes behind it.
  Chunk take_body_whole();

  /// Where to receive the next bytes, at most so many as were asked for; empty when the handler must consume first.
  /// Grows when the parser needs more than one buffer at once, which bounds it.
  std::span<char> room(Expected expected);
  void received(std::size_t n);

  /// Gives memory back: all of it without bytes, most of it when the few that are there may have to wait long.
  void settle(Expected expected);
  void clear();

 private:
  void lease_for(Expected expected);
  void move_to(net::Buffer& target);

  net::BufferPool& pool_;
  net::Buffer buffer_;
  bool fills_ = false;  // the last buffer for a body was filled at once: more has come than a large one takes
  std::size_t body_begin_ = 0;
  std::size_t body_end_ = 0;
  std::size_t raw_begin_ = 0;
  std::size_t raw_end_ = 0;
};

}  // namespace peko::http
