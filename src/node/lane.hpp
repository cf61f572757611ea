/// Lane: one loop thread of a node and all that lives on it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "base/clock.hpp"
#include "edge/edge.hpp"
#include "engine/runtime.hpp"
#include "http/client_pool.hpp"
#include "http/server.hpp"
#include "keyvalue/store.hpp"
#include "net/dialer.hpp"
#include "net/loop.hpp"
#include "node/config.hpp"
#include "node/lane_stats.hpp"
#include "node/node_view.hpp"
#include "pool/warm_pool.hpp"

namespace peko::node {

/// What all lanes share; outlives them.
struct LaneParts {
  const Config& config;
  engine::Runtime& runtime;
  std::shared_ptr<const edge::Router> router;
  edge::AssetSource* assets;
  edge::FunctionSource* source;  ///< null: there is nothing but what is deployed without being asked for
  LogSink& log;
  const Clock& clock;
  edge::LogStyle style;
  edge::TrapExplainer& traps;
  pool::PoolLimits pool_limits;  ///< of this lane
  pool::ColdStarts& cold_starts;
  // For requests of guests:
  net::Resolver& resolver;
  const net::AddressGuard& guard;
  const net::TlsContext& tls;
  keyvalue::Store* key_value;  ///< null: guests have no stores
};

/// Built and listening after create(), serving between run() and stop().
class Lane {
 public:
  /// `loop` outlives the lane and the runtime.
  static Result<std::unique_ptr<Lane>> create(net::Loop& loop, const LaneParts& parts, const std::string& address,
                                              http::Server::Sharing sharing);
  ~Lane();
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  [[nodiscard]] std::uint16_t port() const { return server_->port(); }
  /// How much it remembers has changed; any thread.
  [[nodiscard]] std::uint64_t history_changes() const { return edge_.history().changes(); }
  /// What it counts; any thread may read it as long as the lane lives.
  [[nodiscard]] LaneView view() const { return {.requests = edge_.metrics(), .stats = stats_}; }
  void start_thread();

  /// Has `work` done with the edge on the lane's thread, before any request that comes later. Any thread, and also
  /// before the lane's thread runs.
  void on_edge(std::move_only_function<void(edge::Edge&)> work);

  // From the node's thread, while the lane's thread runs:

  /// Stops accepting; what is under way goes on.
  void drain();
  /// Waits until nothing is under way, or for `patience`; returns what is left.
  std::size_t wait_idle(std::chrono::milliseconds patience);
  /// Ends what is under way.
  void cancel_all();
  /// Ends the thread.
  void stop();

 private:
  class Sweeper;
  Lane(net::Loop& loop, const LaneParts& parts);
  std::size_t under_way() const;
  void count();

  net::Loop& loop_;
  engine::Worker& worker_;
  net::Dialer dialer_;
  http::ClientPool client_;
  pool::WarmPool pool_;
  edge::Edge edge_;
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<Sweeper> sweeper_;
  LaneStats stats_;
  std::optional<net::LagProbe> lag_probe_;
  std::thread thread_;
};

}  // namespace peko::node
