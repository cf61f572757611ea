#include "net/acceptor.hpp"

#include <sys/socket.h>

#include <cerrno>

namespace peko::net {

Acceptor::Acceptor(Loop& loop, Listener listener, Sink& sink)
    : loop_(loop), listener_(std::move(listener)), sink_(sink) {}

Acceptor::~Acceptor() { stop(); }

Status Acceptor::start() {
  if (watched_ || closed_) return {};
  disarm();
  Status watched = loop_.watch_listener(listener_.fd(), *this);
  watched_ = watched.has_value();
  return watched;
}

void Acceptor::stop() {
  disarm();
  if (watched_) loop_.unwatch(listener_.fd(), *this);
  watched_ = false;
}

void Acceptor::close() {
  // Who has connected already is served: closing would reset those that wait in the backlog.
  for (int batch = 0; batch < kLastBatches && watched_ && accept_batch(); ++batch) {
  }
  stop();
  closed_ = true;
  listener_.close();
}

void Acceptor::rest() {
  stop();
  ++rests_;
  arm(loop_.deadlines(), loop_.now() + kRest);
}

void Acceptor::resume() {
  if (!start()) rest();
}

void Acceptor::on_io(std::uint32_t) { accept_batch(); }

bool Acceptor::accept_batch() {
  for (int taken = 0; taken < kBatch && watched_; ++taken) {
    sockaddr_storage peer{};
    socklen_t size = sizeof(peer);
    // Safety: sockaddr is the head of every kind of socket address; the kernel fills in at most `size` bytes.
    UniqueFd socket(::accept4(listener_.fd(), reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket) {
      sink_.accepted(std::move(socket), Address::of(peer));
      continue;
    }
    switch (errno) {
      case EMFILE:
      case ENFILE:
      case ENOBUFS:
      case ENOMEM: rest(); return false;
      case EAGAIN: return false;
      default: continue;  // the client gave up in the meantime, or a network error of its own (accept(2))
    }
  }
  return true;
}

}  // namespace peko::net
