#include "http/client_pool.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "http/h1_client_exchange.hpp"

namespace peko::http {

ClientPool::ClientPool(net::Loop& loop, net::Dialer& dialer, const ClientLimits& limits)
    : loop_(loop), dialer_(dialer), limits_(limits) {}

ClientPool::~ClientPool() {
  close_idle();
  PEKO_ASSERT(counts_.open == 0 && counts_.waiting == 0, "a client outlives its exchanges");
}

std::unique_ptr<ClientExchange> ClientPool::start(const ClientRequest& request, net::Event& progress) {
  auto exchange = std::make_unique<H1ClientExchange>(*this, request, progress);
  exchange->start(request);
  return exchange;
}

void ClientPool::close_idle() {
  while (evict_one()) {
  }
}

ClientSite& ClientPool::site_of(const ClientRequest& request) {
  const auto found = sites_.find(Key{request.partition, request.host, request.port, request.scheme});
  if (found != sites_.end()) return *found->second;
  auto made = std::make_unique<ClientSite>(std::string(request.partition), std::string(request.host), request.port,
                                           request.scheme);
  ClientSite& site = *made;
  sites_.emplace(key_of(site), std::move(made));
  return site;
}

ClientPool::Key ClientPool::key_of(const ClientSite& site) {
  return {site.partition, site.host, site.port, site.scheme};
}

bool ClientPool::acquire(H1ClientExchange& exchange) {
  ClientSite& site = exchange.site();
  if (try_acquire(site, exchange)) return true;
  if (site.waiting.size() >= limits_.waiting_per_site) {
    forget_if_unused(site);
    return false;
  }
  site.waiting.push_back(&exchange);
  ++counts_.waiting;
  return true;
}

bool ClientPool::try_acquire(ClientSite& site, H1ClientExchange& exchange) {
  if (!site.idle.empty()) {
    ++counts_.reused;
    exchange.attach(take_idle(site, site.idle.size() - 1), H1ClientExchange::Kept::Yes);
    return true;
  }
  if (!may_open(site)) return false;
  dial(site, exchange);
  return true;
}

bool ClientPool::may_open(const ClientSite& site) {
  if (site.open >= limits_.connections_per_site) return false;
  return counts_.open < limits_.connections_max || evict_one();
}

/// Closes the connection of all sites that would go first; false when none is idle. Looks at all sites, but only when
/// as many connections as allowed are open.
bool ClientPool::evict_one() {
  ClientConnection* oldest = nullptr;
  for (const auto& [key, site] : sites_) {
    if (site->idle.empty()) continue;
    ClientConnection& first = *site->idle.front();
    if (!oldest || first.rests_until() < oldest->rests_until()) oldest = &first;
  }
  if (!oldest) return false;
  // Its place is for the one who asked: nobody else is served.
  ClientSite& site = oldest->site();
  take_idle(site, 0).reset();
  --site.open;
  --counts_.open;
  forget_if_unused(site);
  return true;
}

void ClientPool::dial(ClientSite& site, H1ClientExchange& exchange) {
  ++site.open;
  ++counts_.open;
  exchange.dial(dialer_);
}

std::unique_ptr<ClientConnection> ClientPool::dialled(ClientSite& site, std::unique_ptr<net::Stream> stream) {
  auto connection = stream ? std::make_unique<ClientConnection>(*this, site, std::move(stream)) : nullptr;
  if (connection && connection->start()) {
    ++counts_.dialled;
    return connection;
  }
  connection.reset();
  closed(site);
  return nullptr;
}

void ClientPool::replace(std::unique_ptr<ClientConnection> connection, H1ClientExchange& exchange) {
  // The new one takes the place of the old one, whoever waits.
  ClientSite& site = connection->site();
  connection.reset();
  --site.open;
  --counts_.open;
  dial(site, exchange);
}

void ClientPool::leave(ClientSite& site, H1ClientExchange& exchange) {
  if (std::erase(site.waiting, &exchange) > 0) {
    --counts_.waiting;
    forget_if_unused(site);
  } else {
    closed(site);  // it was dialling
  }
}

void ClientPool::release(std::unique_ptr<ClientConnection> connection, Fate fate) {
  ClientSite& site = connection->site();
  if (fate == Fate::Keep) {
    connection->rest(loop_.now() + limits_.idle_timeout);
    site.idle.push_back(std::move(connection));
    ++counts_.idle;
    return serve_after(site);
  }
  if (fate == Fate::Cut) connection->cut();
  connection.reset();
  closed(site);
}

void ClientPool::drop_idle(ClientConnection& connection) {
  ClientSite& site = connection.site();
  const auto place = std::ranges::find(site.idle, &connection, &std::unique_ptr<ClientConnection>::get);
  take_idle(site, static_cast<std::size_t>(place - site.idle.begin())).reset();
  closed(site);
}

std::unique_ptr<ClientConnection> ClientPool::take_idle(ClientSite& site, std::size_t place) {
  const auto at = site.idle.begin() + static_cast<std::ptrdiff_t>(place);
  auto connection = std::move(*at);
  site.idle.erase(at);
  --counts_.idle;
  return connection;
}

void ClientPool::closed(ClientSite& site) {
  --site.open;
  --counts_.open;
  serve_after(site);
}

/// A connection of the site is idle or gone: for who waits there, else, when the loop was full, for anybody who waits.
void ClientPool::serve_after(ClientSite& site) {
  serve(site);
  forget_if_unused(site);
  if (counts_.waiting == 0 || counts_.open + 1 < limits_.connections_max) return;
  // A site that is served stays; one that loses its last connection to it may go, and is another one.
  for (const auto& [key, other] : sites_) serve(*other);
}

void ClientPool::serve(ClientSite& site) {
  while (!site.waiting.empty() && try_acquire(site, *site.waiting.front())) {
    site.waiting.pop_front();
    --counts_.waiting;
  }
}

void ClientPool::forget_if_unused(ClientSite& site) {
  if (site.open == 0 && site.waiting.empty()) sites_.erase(sites_.find(key_of(site)));
}

}  // namespace peko::http
