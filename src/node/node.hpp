/// Node: one running node: loads functions, serves them on every core, drains, stops.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "code/limit_table.hpp"
#include "code/local_cache.hpp"
#include "code/node_key.hpp"
#include "code/store.hpp"
#include "engine/runtime.hpp"
#include "keyvalue/sqlite_store.hpp"
#include "net/caching_resolver.hpp"
#include "net/dial_guard.hpp"
#include "net/loop.hpp"
#include "net/tls.hpp"
#include "node/admin.hpp"
#include "node/alerts.hpp"
#include "node/asset_memory.hpp"
#include "node/component_loader.hpp"
#include "node/config.hpp"
#include "node/lane.hpp"
#include "node/node_functions.hpp"
#include "node/node_lanes.hpp"
#include "node/node_view.hpp"
#include "node/trap_reports.hpp"

namespace peko::node {

/// A code store, and what its manifests may ask for.
struct CodeSource {
  std::unique_ptr<code::Store> store;
  code::LimitsMax limits_max;
};

/// None at first: whoever holds Node::stage() brings them.
struct StagedSource {};

class Node {
 public:
  /// Where its functions are.
  using Source = std::variant<StagedSource, CodeSource>;

  /// Makes the engine, loads functions in order (`on_loaded` is called for each; one that fails to load answers
  /// PEKO-BAD-COMPONENT), then listens. The admin listener answers from the begin on, as not ready. Conflict: the
  /// address is in use; the errors of Admin; those of a code store that cannot be read and never was; the other errors
  /// of http::Server and of the engine. `log` and `clock` outlive the node. Blocks while it compiles.
  static Result<std::unique_ptr<Node>> start(Config config, Source source, LogSink& log, const Clock& clock,
                                             const OnLoaded& on_loaded);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  /// What it listens on, with the real port: "127.0.0.1:3000".
  [[nodiscard]] const std::string& address() const { return config_.listen; }

  /// Where the operator asks, likewise; empty: nowhere.
  [[nodiscard]] std::string admin_address() const { return admin_ ? admin_->address() : std::string(); }

  /// How its functions are changed while it runs; null unless its source is a StagedSource.
  [[nodiscard]] FunctionStage* stage() { return functions_->stage(); }

  /// Serves until SIGTERM, SIGINT, SIGHUP or stop(), calls `stopping` if there is one, then drains: accepts nothing
  /// more, finishes what is under way (at most Config::drain_timeout), stops. A second signal ends the process at once.
  /// Returns the exit status: 0, also when requests had to be cut off.
  int run(const std::function<void()>& stopping);
  /// As if the first signal had come. Any thread, after start().
  static void stop();

 private:
  Node(Config config, LogSink& log, const Clock& clock);
  Status begin(Source source, const OnLoaded& on_loaded);
  Status start_admin();
  Status start_engine();
  Status open_cache();
  void make_functions(Source source);
  pool::PoolLimits pool_limits() const;
  Status start_lanes();
  void show();
  void start_alerts();
  void stop_lanes();
  /// Whether all threads that may wait for a disk or a store have ended.
  bool stop_waiting();

  Config config_;
  LogSink& log_;
  const Clock& clock_;
  std::vector<std::unique_ptr<net::Loop>> loops_;  // outlive the runtime
  std::unique_ptr<engine::Runtime> runtime_;
  std::optional<code::NodeKey> key_;
  std::optional<code::LocalCache> cache_;
  std::unique_ptr<ComponentLoader> components_;
  pool::ColdStarts cold_starts_;
  net::CachingResolver resolver_;
  net::DialGuard guard_;
  std::unique_ptr<net::TlsContext> tls_;
  std::unique_ptr<keyvalue::SqliteStore> key_value_;  // null: there are no stores
  inspect::TrapHistory trap_history_;
  std::unique_ptr<AssetMemory> assets_;
  std::unique_ptr<NodeFunctions> functions_;  // its components go before the runtime
  std::unique_ptr<TrapReports> traps_;        // reads source maps by the functions
  std::vector<std::unique_ptr<Lane>> lanes_;
  NodeLanes all_lanes_{lanes_};
  NodeStatus status_;
  std::unique_ptr<Admin> admin_;         // null: nobody asks
  std::unique_ptr<AlertThread> alerts_;  // null: nobody is told
};

}  // namespace peko::node
