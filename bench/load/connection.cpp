#include "load/connection.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "net/socket.hpp"

namespace peko::bench {
namespace {

constexpr http::Limits kLimits;
constexpr std::size_t kPiecesMax = 64;  // of one send

sockaddr_in ipv4(std::uint32_t address, std::uint16_t port) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(address);
  return to;
}

template <typename Call>
int with_address(const sockaddr_in& address, Call call) {
  sockaddr general{};
  static_assert(sizeof(general) == sizeof(address));
  std::memcpy(&general, &address, sizeof(address));
  return call(&general, socklen_t{sizeof(general)});
}

}  // namespace

void Connection::add(std::string_view head, std::string_view body, TimePoint due) {
  out_.push_back(head);
  if (!body.empty()) out_.push_back(body);
  since_.push_back(due);
  ++used_;
}

bool Connection::dial() {
  fd_ = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd_) return false;
  ++dialled_;
  const int on = 1;
  ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  if (route_.source != 0) {
    // The port is chosen when it connects, for this destination alone.
    ::setsockopt(fd_.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
    const int bound = with_address(ipv4(route_.source, 0), [&](auto* a, auto n) { return ::bind(fd_.get(), a, n); });
    if (bound != 0) return false;
  }
  const auto to = ipv4(INADDR_LOOPBACK, route_.port);
  const int result = with_address(to, [&](auto* a, auto n) { return ::connect(fd_.get(), a, n); });
  connecting_ = result != 0;
  if (connecting_ && errno != EINPROGRESS) return false;
  watching_writable_ = connecting_;
  epoll_event event{.events = EPOLLIN | (connecting_ ? EPOLLOUT : 0U), .data = {.ptr = this}};
  return ::epoll_ctl(route_.epoll, EPOLL_CTL_ADD, fd_.get(), &event) == 0;
}

void Connection::watch(bool writable) {
  if (watching_writable_ == writable) return;
  watching_writable_ = writable;
  epoll_event event{.events = EPOLLIN | (writable ? EPOLLOUT : 0U), .data = {.ptr = this}};
  ::epoll_ctl(route_.epoll, EPOLL_CTL_MOD, fd_.get(), &event);
}

void Connection::open() {
  if (!fd_ && !dial()) fail();
}

void Connection::flush() {
  if (!fd_ && !dial()) return fail();
  if (connecting_) return;
  while (!out_.empty()) {
    std::array<iovec, kPiecesMax> pieces{};
    std::size_t count = 0;
    for (; count < std::min(out_.size(), kPiecesMax); ++count) {
      pieces[count] = {const_cast<char*>(out_[count].data()), out_[count].size()};
    }
    const net::Io io = net::send(fd_.get(), std::span(pieces).first(count));
    if (io.kind == net::Io::Kind::Again) break;
    if (io.kind != net::Io::Kind::Done) return fail();
    std::size_t sent = io.bytes;
    while (!out_.empty() && sent >= out_.front().size()) {
      sent -= out_.front().size();
      out_.pop_front();
    }
    if (sent > 0) out_.front().remove_prefix(sent);
  }
  watch(!out_.empty());
}

void Connection::on_io(std::uint32_t events) {
  if (!fd_) return;  // closed by an event before this one
  if (connecting_ && (events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0) {
    int error = 0;
    socklen_t size = sizeof(error);
    ::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return fail();
    connecting_ = false;
    flush();
  } else if ((events & EPOLLOUT) != 0) {
    flush();
  }
  if (fd_ && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) receive();
}

void Connection::receive() {
  if (in_begin_ > 0 && in_end_ == kBufferBytes) {
    std::memmove(in_.get(), in_.get() + in_begin_, in_end_ - in_begin_);
    in_end_ -= std::exchange(in_begin_, 0);
  }
  const net::Io io = net::receive(fd_.get(), {in_.get() + in_end_, kBufferBytes - in_end_});
  switch (io.kind) {
    case net::Io::Kind::Again: return;
    case net::Io::Kind::Failed: return fail();
    case net::Io::Kind::End:
      if (parser_ && !since_.empty()) {
        parser_->end();
        if (parser_->state() == http::H1ResponseParser::State::Complete) {
          closing_ = true;
          finish_answer();
          return;
        }
      }
      return since_.empty() ? drop_socket() : fail();
    case net::Io::Kind::Done: in_end_ += io.bytes;
  }
  if (!parse()) fail();
}

bool Connection::parse() {
  while (fd_ && in_begin_ < in_end_) {
    if (since_.empty()) return false;  // nobody asked for these bytes
    if (!parser_) parser_.emplace(kLimits, "GET");
    const http::ParseStep step = parser_->feed({in_.get() + in_begin_, in_end_ - in_begin_});
    in_begin_ += step.consumed;
    body_bytes_ += step.body.size();
    if (step.event == http::ParseEvent::Rejected) return false;
    if (parser_->state() == http::H1ResponseParser::State::Complete) {
      closing_ = !parser_->keep_alive();
      finish_answer();
    } else if (step.event == http::ParseEvent::NeedMore) {
      break;
    }
  }
  if (in_begin_ == in_end_) in_begin_ = in_end_ = 0;
  return true;
}

/// The owner may give it the next request at once.
void Connection::finish_answer() {
  const Answer answer{.status = parser_->head().status, .body_bytes = body_bytes_, .since = since_.front()};
  since_.pop_front();
  parser_.reset();
  body_bytes_ = 0;
  if (closing_) {
    const std::size_t lost = since_.size();
    drop_socket();
    if (lost > 0) owner_.broke(*this, lost);
  }
  owner_.answered(*this, answer);
}

void Connection::close() { drop_socket(); }

void Connection::fail() {
  const std::size_t lost = since_.size();
  drop_socket();
  owner_.broke(*this, lost);
}

void Connection::drop_socket() {
  fd_.close();
  connecting_ = watching_writable_ = closing_ = false;
  used_ = 0;
  out_.clear();
  since_.clear();
  in_begin_ = in_end_ = 0;
  parser_.reset();
  body_bytes_ = 0;
}

}  // namespace peko::bench
