#include "http/out_queue.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "net/socket.hpp"

namespace peko::http {
namespace {

// Of one call. The kernel takes up to 1024 (IOV_MAX); 64 chunks of 4 KiB fill a socket's buffer.
constexpr std::size_t kPiecesPerCall = 64;
// Sent text is cut off when at least so much of it and half of all is sent: rarely, and never more bytes than were
// sent.
constexpr std::size_t kCutText = std::size_t{64} * 1024;
constexpr std::size_t kCutPieces = 64;

}  // namespace

std::unique_ptr<OutQueue::Store> OutQueue::Stores::take() {
  return count_ > 0 ? std::move(stores_[--count_]) : std::make_unique<Store>();
}

void OutQueue::Stores::keep(std::unique_ptr<Store> store) {
  store->text.clear();
  store->pieces.clear();
  if (count_ >= kKept || store->text.capacity() > kTextKept || store->pieces.capacity() > kPiecesKept) return;
  stores_[count_++] = std::move(store);
}

std::string& OutQueue::text() {
  if (!store_) store_ = stores_.take();
  return store_->text;
}

void OutQueue::push(Chunk&& chunk, std::size_t size) {
  const std::string_view bytes = chunk.bytes().substr(0, size);
  std::string& before = text();
  if (bytes.size() < kCopyBelow) {
    before += bytes;
    const Chunk copied = std::move(chunk);  // released here
    return;
  }
  store_->pieces.push_back({std::move(chunk), bytes, text_base_ + before.size()});
  chunk_bytes_ += bytes.size();
}

void OutQueue::clear() {
  if (!store_) return;
  stores_.keep(std::move(store_));
  text_sent_ = first_piece_ = chunk_bytes_ = 0;
  text_base_ = 0;
}

OutQueue::Sent OutQueue::send(int fd) {
  return send_by([fd](std::span<iovec> pieces) {
    return pieces.size() == 1
               ? net::send(fd, std::span(static_cast<const char*>(pieces[0].iov_base), pieces[0].iov_len))
               : net::send(fd, pieces);
  });
}

OutQueue::Sent OutQueue::send(net::Stream& stream) {
  return send_by([&stream](std::span<iovec> pieces) { return stream.send(pieces); });
}

template <typename Send>
OutQueue::Sent OutQueue::send_by(Send send) {
  while (!empty()) {
    std::array<iovec, kPiecesPerCall> pieces;
    const std::size_t total = queued();
    const auto [count, bytes] = gather(pieces);
    const net::Io io = send(std::span(pieces.data(), count));
    if (io.kind == net::Io::Kind::Again) return Sent::Partly;
    if (io.kind != net::Io::Kind::Done) return Sent::Failed;
    if (io.bytes == total) break;
    sent(io.bytes);
    if (io.bytes < bytes) return Sent::Partly;
  }
  clear();
  return Sent::All;
}

/// What comes next, as far as it fits into one call.
OutQueue::Gathered OutQueue::gather(std::span<iovec> into) const {
  Gathered gathered;
  // Safety: the kernel only reads from an iovec here, although its type cannot say so.
  const auto add = [&](std::string_view bytes) {
    into[gathered.pieces++] = {const_cast<char*>(bytes.data()), bytes.size()};
    gathered.bytes += bytes.size();
  };
  const std::string_view text = store_->text;
  std::size_t text_at = text_sent_;
  std::size_t piece = first_piece_;
  for (; piece < store_->pieces.size() && gathered.pieces + 2 < into.size(); ++piece) {
    const Piece& next = store_->pieces[piece];
    const std::size_t text_end = next.text_at - text_base_;
    if (text_end > text_at) add(text.substr(text_at, text_end - text_at));
    text_at = text_end;
    add(next.rest);
  }
  if (piece == store_->pieces.size() && text.size() > text_at) add(text.substr(text_at));
  return gathered;
}

void OutQueue::sent(std::size_t bytes) {
  while (bytes > 0) {
    const bool has_piece = first_piece_ < store_->pieces.size();
    const std::size_t text_end = has_piece ? store_->pieces[first_piece_].text_at - text_base_ : store_->text.size();
    if (text_end > text_sent_) {
      const std::size_t of_text = std::min(bytes, text_end - text_sent_);
      text_sent_ += of_text;
      bytes -= of_text;
      continue;
    }
    Piece& piece = store_->pieces[first_piece_];
    const std::size_t of_piece = std::min(bytes, piece.rest.size());
    piece.rest.remove_prefix(of_piece);
    chunk_bytes_ -= of_piece;
    bytes -= of_piece;
    if (piece.rest.empty()) {
      piece.chunk = Chunk();
      ++first_piece_;
    }
  }
  drop_what_was_sent();
}

void OutQueue::drop_what_was_sent() {
  if (text_sent_ >= kCutText && text_sent_ * 2 >= store_->text.size()) {
    store_->text.erase(0, text_sent_);
    text_base_ += std::exchange(text_sent_, 0);
  }
  if (first_piece_ >= kCutPieces && first_piece_ * 2 >= store_->pieces.size()) {
    store_->pieces.erase(store_->pieces.begin(), store_->pieces.begin() + static_cast<std::ptrdiff_t>(first_piece_));
    first_piece_ = 0;
  }
}

}  // namespace peko::http
