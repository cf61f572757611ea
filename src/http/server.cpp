#include "http/server.hpp"

#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "http/h1_connection.hpp"
#include "net/acceptor.hpp"

namespace peko::http {

/// Owns the connections. Those that have ended are destroyed in the loop's next round, because they are on the stack
/// when they end.
class Server::Impl final : public H1Host, private net::Acceptor::Sink, private net::Runnable {
 public:
  Impl(net::Loop& loop, net::Listener listener, Handler& handler, const Limits& limits)
      : H1Host(loop, handler, limits), acceptor(loop, std::move(listener), *this), port(acceptor.address().port()) {}
  ~Impl() override { PEKO_ASSERT(live.empty(), "a server's connections end before it"); }

  void ended(H1Connection& connection) override {
    const std::size_t place = connection.place;
    dead.push_back(std::move(live[place]));
    if (place + 1 < live.size()) {
      live[place] = std::move(live.back());
      live[place]->place = place;
    }
    live.pop_back();
    loop.schedule(*this);
  }

  net::Acceptor acceptor;
  const std::uint16_t port;
  std::vector<std::unique_ptr<H1Connection>> live;
  std::vector<std::unique_ptr<H1Connection>> dead;

 private:
  void accepted(UniqueFd socket, const net::Address& peer) override {
    auto connection = std::make_unique<H1Connection>(*this, std::move(socket), peer);
    if (!connection->start()) return;
    connection->place = live.size();
    live.push_back(std::move(connection));
    if (live.size() >= limits.connections_max) acceptor.stop();
  }

  void run() override {
    dead.clear();
    if (live.size() < limits.connections_max) acceptor.resume();
  }
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::start(net::Loop& loop, const std::string& address, Sharing sharing,
                                              Handler& handler, Limits limits) {
  Result<net::Address> parsed = net::Address::parse(address);
  if (!parsed) return fail(std::move(parsed).error());
  Result<net::Listener> listener =
      net::Listener::bind(*parsed, sharing == Sharing::First ? net::Sharing::First : net::Sharing::Join);
  if (!listener) return fail(std::move(listener).error());
  auto impl = std::make_unique<Impl>(loop, std::move(*listener), handler, limits);
  if (Status started = impl->acceptor.start(); !started) return fail(std::move(started).error());
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

std::uint16_t Server::port() const { return impl_->port; }
std::size_t Server::connections() const { return impl_->live.size(); }
std::uint64_t Server::accept_rests() const { return impl_->acceptor.rests(); }
std::uint64_t Server::invalid_fields() const { return impl_->invalid_fields; }
std::uint64_t Server::sends() const { return impl_->sends; }

void Server::drain() {
  impl_->draining = true;
  impl_->acceptor.close();
  // From the back: a connection that ends at once is replaced by one that has been drained already.
  for (std::size_t i = impl_->live.size(); i-- > 0;) impl_->live[i]->drain();
}

void Server::close_all() {
  impl_->acceptor.close();
  for (std::size_t i = impl_->live.size(); i-- > 0;) impl_->live[i]->kill();
}

}  // namespace peko::http
