/// Node: one running node: loads functions, serves them on every core, drains, stops.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "code/function.hpp"
#include "edge/router.hpp"
#include "engine/runtime.hpp"
#include "net/caching_resolver.hpp"
#include "net/dial_guard.hpp"
#include "net/loop.hpp"
#include "net/tls.hpp"
#include "node/admin.hpp"
#include "node/alerts.hpp"
#include "node/config.hpp"
#include "node/lane.hpp"
#include "node/node_view.hpp"
#include "node/trap_reports.hpp"
#include "pool/version.hpp"

namespace peko::node {

/// What became of one function at the start.
struct LoadReport {
  std::string name;
  Status status;
  bool compiled = false;  ///< else it came from the cache
  std::chrono::milliseconds took{};
};

class Node {
 public:
  using OnLoaded = std::function<void(const LoadReport&)>;

  /// Makes the engine, loads every function in order (`on_loaded` is called for each; one that fails to load answers
  /// PEKO-BAD-COMPONENT), then listens. The admin listener answers from the begin on, as not ready. Conflict: the
  /// address is in use; the errors of Admin; the other errors of http::Server and of the engine. `log` and
  /// `clock` outlive the node. Blocks while it compiles.
  static Result<std::unique_ptr<Node>> start(Config config, const std::vector<code::Function>& functions, LogSink& log,
                                             const Clock& clock, const OnLoaded& on_loaded);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  /// What it listens on, with the real port: "127.0.0.1:3000".
  [[nodiscard]] const std::string& address() const { return config_.listen; }

  /// Serves until SIGTERM or SIGINT, then drains: accepts nothing more, finishes what is under way (at most
  /// Config::drain_timeout), stops. A second signal ends the process at once. Returns the exit status: 0, also when
  /// requests had to be cut off.
  int run();

 private:
  Node(Config config, LogSink& log, const Clock& clock);
  Status start_admin();
  Status start_engine();
  void load(const std::vector<code::Function>& functions, const OnLoaded& on_loaded);
  void route(const std::vector<code::Function>& functions);
  pool::PoolLimits pool_limits() const;
  Status start_lanes();
  void show();
  void start_alerts();
  void stop_lanes();

  Config config_;
  LogSink& log_;
  const Clock& clock_;
  std::vector<std::unique_ptr<net::Loop>> loops_;  // outlive the runtime
  std::unique_ptr<engine::Runtime> runtime_;
  std::vector<std::shared_ptr<const pool::Version>> versions_;
  edge::Router router_;
  pool::ColdStarts cold_starts_;
  net::CachingResolver resolver_;
  net::DialGuard guard_;
  std::unique_ptr<net::TlsContext> tls_;
  std::unique_ptr<TrapReports> traps_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  NodeStatus status_;
  std::unique_ptr<Admin> admin_;         // null: nobody asks
  std::unique_ptr<AlertThread> alerts_;  // null: nobody is told
};

}  // namespace peko::node
