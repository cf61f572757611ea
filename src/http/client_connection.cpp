#include "http/client_connection.hpp"

#include <sys/epoll.h>

#include <utility>

#include "http/client_pool.hpp"
#include "http/h1_client_exchange.hpp"

namespace peko::http {

ClientConnection::ClientConnection(ClientPool& pool, ClientSite& site, std::unique_ptr<net::Stream> stream)
    : pool_(pool), site_(site), stream_(std::move(stream)) {}

ClientConnection::~ClientConnection() { unwatch(); }

bool ClientConnection::start() { return watched_ = pool_.loop().watch(stream_->fd(), *this).has_value(); }

void ClientConnection::unwatch() {
  if (std::exchange(watched_, false)) pool_.loop().unwatch(stream_->fd(), *this);
}

void ClientConnection::cut() {
  unwatch();
  stream_->cut();
}

void ClientConnection::use(H1ClientExchange& user) {
  user_ = &user;
  disarm();
}

void ClientConnection::rest(net::TimePoint until) {
  user_ = nullptr;
  rests_until_ = until;
  arm(pool_.loop().deadlines(), until);
}

bool ClientConnection::is_quiet() {
  char byte = 0;
  return stream_->receive(std::span(&byte, 1)).kind == net::Io::Kind::Again;
}

// Both may destroy this object in their last call.

void ClientConnection::on_io(std::uint32_t events) {
  if (user_) return user_->on_io(events);
  const bool ends = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
  const bool says = (events & EPOLLIN) != 0 || stream_->layered();
  if (ends || (says && !is_quiet())) pool_.drop_idle(*this);
}

void ClientConnection::expired() { pool_.drop_idle(*this); }

}  // namespace peko::http
