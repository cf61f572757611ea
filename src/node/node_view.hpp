/// NodeView: what operators are shown of a node, and whether it is ready.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "edge/metrics.hpp"
#include "engine/instance.hpp"
#include "inspect/loops.hpp"
#include "inspect/trap_history.hpp"
#include "keyvalue/usage.hpp"
#include "node/function_board.hpp"
#include "node/lane_stats.hpp"
#include "node/refresher.hpp"
#include "node/store_stats.hpp"

namespace peko::node {

/// One lane, as any thread may read it.
struct LaneView {
  const edge::Metrics& requests;
  const LaneStats& stats;
};

/// Refers to the node's parts, which outlive it. Any thread may read all of it.
struct NodeView {
  std::string version;  ///< of Peko
  std::string engine;   ///< engine::Runtime::id
  std::vector<LaneView> lanes;
  const FunctionBoard* board = nullptr;             ///< null: there are no functions yet
  const engine::MemoryMeter* memory = nullptr;      ///< of all instances; null: there are none yet
  const StoreStats* store = nullptr;                ///< null: there is no code store
  const keyvalue::UsageTable* key_value = nullptr;  ///< null: functions keep nothing here
  Refresher* refresher = nullptr;                   ///< null: there is nothing to look at
  inspect::Loops* loops = nullptr;                  ///< null: there are none yet
  const inspect::TrapHistory* traps = nullptr;      ///< where functions failed; null: as `loops`
};

/// Requests that were answered 503 because nothing was free, of all functions: peko_unavailable_total.
std::uint64_t unavailable_total(const NodeView& node);

enum class Phase : std::uint8_t {
  Starting,  ///< it loads its functions
  Ready,
  Draining,
};

/// The metrics page (Prometheus text). With 1,000 functions that have all been asked it has some 20,000 lines and takes
/// some milliseconds.
std::string metrics_page(const NodeView& node, Phase phase, const LogSink& log);

/// Where the view is handed from the node's thread to those who show it.
class NodeStatus {
 public:
  explicit NodeStatus(NodeView start) : starting_(std::move(start)) {}

  /// The node's thread, once: what there is to be seen from now on, and Phase::Ready.
  void ready(NodeView view) {
    running_ = std::move(view);
    phase_.store(Phase::Ready, std::memory_order_release);
  }
  /// The node's thread.
  void draining() { phase_.store(Phase::Draining, std::memory_order_release); }

  [[nodiscard]] Phase phase() const { return phase_.load(std::memory_order_acquire); }
  /// Has no functions and no lanes while it starts.
  [[nodiscard]] const NodeView& view() const { return phase() == Phase::Starting ? starting_ : running_; }

 private:
  const NodeView starting_;
  NodeView running_;  // written before phase_ leaves Starting, read after
  std::atomic<Phase> phase_ = Phase::Starting;
};

}  // namespace peko::node
