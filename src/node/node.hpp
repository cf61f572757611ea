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
#include "net/loop.hpp"
#include "node/config.hpp"
#include "node/lane.hpp"
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
  /// PEKO-BAD-COMPONENT), then listens. Conflict: the address is in use; the other errors of http::Server, of the
  /// cache, of the engine. `log` and `clock` outlive the node. Blocks while it compiles.
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
  Status start_engine();
  Status load(const std::vector<code::Function>& functions, const OnLoaded& on_loaded);
  void route(const std::vector<code::Function>& functions);
  Status start_lanes();
  void stop_lanes();

  Config config_;
  LogSink& log_;
  const Clock& clock_;
  std::vector<std::unique_ptr<net::Loop>> loops_;  // outlive the runtime
  std::unique_ptr<engine::Runtime> runtime_;
  std::vector<std::shared_ptr<const pool::Version>> versions_;
  edge::Router router_;
  std::unique_ptr<TrapReports> traps_;
  std::vector<std::unique_ptr<Lane>> lanes_;
};

}  // namespace peko::node
