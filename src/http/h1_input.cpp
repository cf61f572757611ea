#include "http/h1_input.hpp"

#include <algorithm>
#include <cstring>

namespace peko::http {

using net::BufferPool;

namespace {

/// Less is copied: a block may be full of holes for as long as a guest likes.
constexpr std::size_t kHandOverMin = std::size_t{64} * 1024;

}  // namespace

void H1Input::take_body(std::string_view piece, std::size_t consumed) {
  char* const target = buffer_.data() + body_end_;
  if (piece.data() != target) std::memmove(target, piece.data(), piece.size());
  body_end_ += piece.size();
  raw_begin_ += consumed;
}

void H1Input::consume_body(std::size_t n) {
  body_begin_ += n;
  if (body_begin_ == body_end_) begin_body();
}

Chunk H1Input::take_body_whole() {
  const std::span<const char> bytes = body();
  const bool alone = body_begin_ == 0 && raw_begin_ == raw_end_;
  if (!alone || !buffer_.is_block() || bytes.size() < kHandOverMin) return {};
  auto* const block = new net::Block(buffer_.leave());
  body_begin_ = body_end_ = raw_begin_ = raw_end_ = 0;
  const auto release = [](void* state) noexcept { delete *static_cast<net::Block**>(state); };
  return {{bytes.data(), bytes.size()}, release, static_cast<const void*>(&block), sizeof(net::Block*)};
}

/// A buffer for what comes next; the one that it has, if that is large enough.
void H1Input::lease_for(Expected expected) {
  const bool block = expected == Expected::LongBody || (expected == Expected::Body && fills_);
  const std::size_t wanted = expected == Expected::Head ? BufferPool::kSmallBytes
                             : block                    ? BufferPool::kBlockBytes
                                                        : BufferPool::kLargeBytes;
  if (buffer_.size() >= wanted) return;
  buffer_.give_back();
  buffer_ = block ? pool_.lease_block() : pool_.lease(wanted);
}

std::span<char> H1Input::room(Expected expected) {
  const bool has_body = body_begin_ != body_end_;
  if (!has_body && raw_begin_ == raw_end_) {
    lease_for(expected);
    body_begin_ = body_end_ = raw_begin_ = raw_end_ = 0;
    return buffer_.span();
  }
  const std::size_t held_begin = has_body ? body_begin_ : raw_begin_;
  if (buffer_.size() < BufferPool::kSmallBytes) {
    net::Buffer larger = pool_.lease(BufferPool::kSmallBytes);
    move_to(larger);
  } else if (held_begin > 0 && buffer_.size() - raw_end_ < buffer_.size() / 4) {
    move_to(buffer_);
  }
  if (raw_end_ == buffer_.size()) {
    if (has_body) return {};
    net::Buffer larger = pool_.lease(buffer_.size() * 2);
    move_to(larger);
  }
  return buffer_.span().subspan(raw_end_);
}

void H1Input::received(std::size_t n) {
  fills_ = raw_begin_ == 0 && n >= BufferPool::kLargeBytes;
  raw_end_ += n;
}

void H1Input::settle(Expected expected) {
  const bool has_body = body_begin_ != body_end_;
  const std::size_t raw_bytes = raw_end_ - raw_begin_;
  if (!has_body && raw_bytes == 0) return clear();
  if (has_body || expected != Expected::Head) return;
  const bool few = raw_bytes <= BufferPool::kTinyBytes && buffer_.size() > BufferPool::kTinyBytes;
  if (few || buffer_.is_block()) {
    net::Buffer smaller = pool_.lease(raw_bytes);
    move_to(smaller);
  }
}

void H1Input::clear() {
  buffer_.give_back();
  body_begin_ = body_end_ = raw_begin_ = raw_end_ = 0;
}

void H1Input::move_to(net::Buffer& target) {
  const std::size_t body_bytes = body_end_ - body_begin_;
  const std::size_t raw_bytes = raw_end_ - raw_begin_;
  if (body_bytes > 0) std::memmove(target.data(), buffer_.data() + body_begin_, body_bytes);
  std::memmove(target.data() + body_bytes, buffer_.data() + raw_begin_, raw_bytes);
  if (&target != &buffer_) {
    buffer_.give_back();
    buffer_ = std::move(target);
  }
  body_begin_ = 0;
  body_end_ = raw_begin_ = body_bytes;
  raw_end_ = body_bytes + raw_bytes;
}

}  // namespace peko::http
