/// ClientPool: the Client of one loop, over kept connections of HTTP/1.1.
///
/// Connections are kept per partition (a function) and origin, and used last in, first out, so that what is not needed
/// grows old and goes. A request takes an idle connection, or dials, or waits for one of the others' when as many as
/// allowed are open, or is refused when as many as allowed wait.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "http/client.hpp"
#include "http/client_connection.hpp"
#include "http/limits.hpp"
#include "http/out_queue.hpp"
#include "net/dialer.hpp"

namespace peko::http {

struct ClientLimits {
  std::size_t connections_per_site = 64;  ///< of one partition to one origin; browsers open 6, proxies some dozens
  std::size_t connections_max = 1024;     ///< of one loop, idle ones included: a share of the process's descriptors
  std::size_t waiting_per_site = 256;     ///< requests without a connection
  std::chrono::milliseconds idle_timeout{30'000};  ///< below the 60 to 75 s after which servers close
  Limits response;                                 ///< of its head and trailers
};

/// The connections of one partition to one origin. Exists while it has any or somebody waits for one.
struct ClientSite {
  const std::string partition;
  const std::string host;
  const std::uint16_t port;
  const Scheme scheme;
  std::size_t open = 0;                                 ///< being dialled, in use and idle
  std::vector<std::unique_ptr<ClientConnection>> idle;  ///< the longest idle one first
  std::deque<H1ClientExchange*> waiting;                ///< the longest waiting one first
};

/// Lives on one loop and outlives its exchanges.
class ClientPool final : public Client {
 public:
  struct Counts {
    std::uint64_t dialled = 0;  ///< connections that were made
    std::uint64_t reused = 0;   ///< requests that took one that was kept
    std::size_t open = 0;       ///< now: being dialled, in use and idle
    std::size_t idle = 0;
    std::size_t waiting = 0;
  };

  /// Both outlive the pool.
  ClientPool(net::Loop& loop, net::Dialer& dialer, const ClientLimits& limits);
  /// Its exchanges are gone.
  virtual ~ClientPool();
  ClientPool(const ClientPool&) = delete;
  ClientPool& operator=(const ClientPool&) = delete;

  std::unique_ptr<ClientExchange> start(const ClientRequest& request, net::Event& progress) override;

  /// Closes what nobody uses.
  void close_idle();
  [[nodiscard]] const Counts& counts() const { return counts_; }

  // For exchanges and connections:

  [[nodiscard]] net::Loop& loop() { return loop_; }
  [[nodiscard]] const ClientLimits& limits() const { return limits_; }
  OutQueue::Stores& stores() { return stores_; }

  /// The site of a request that asks it for a connection at once.
  ClientSite& site_of(const ClientRequest& request);
  /// Gives the exchange a connection, now or later. False when too many wait already.
  bool acquire(H1ClientExchange& exchange);
  /// The exchange no longer waits, or has stopped dialling.
  void leave(ClientSite& site, H1ClientExchange& exchange);
  /// The connection that the exchange dialled for; null: there is none.
  std::unique_ptr<ClientConnection> dialled(ClientSite& site, std::unique_ptr<net::Stream> stream);
  /// The exchange's kept connection was of no use; it gets one of its own.
  void replace(std::unique_ptr<ClientConnection> connection, H1ClientExchange& exchange);
  enum class Fate : std::uint8_t { Keep, Close, Cut };
  /// The exchange is done with it.
  void release(std::unique_ptr<ClientConnection> connection, Fate fate);
  void drop_idle(ClientConnection& connection);

 private:
  // Views into the site.
  using Key = std::tuple<std::string_view, std::string_view, std::uint16_t, Scheme>;

  static Key key_of(const ClientSite& site);
  bool try_acquire(ClientSite& site, H1ClientExchange& exchange);
  bool may_open(const ClientSite& site);
  bool evict_one();
  void dial(ClientSite& site, H1ClientExchange& exchange);
  void closed(ClientSite& site);
  void serve_after(ClientSite& site);
  void serve(ClientSite& site);
  void forget_if_unused(ClientSite& site);
  std::unique_ptr<ClientConnection> take_idle(ClientSite& site, std::size_t place);

  net::Loop& loop_;
  net::Dialer& dialer_;
  const ClientLimits limits_;
  OutQueue::Stores stores_;
  std::map<Key, std::unique_ptr<ClientSite>> sites_;
  Counts counts_;
};

}  // namespace peko::http
