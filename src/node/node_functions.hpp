/// NodeFunctions: what a node serves and where it comes from: the projects of a developer, or a code store.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "code/script_file.hpp"
#include "edge/function_source.hpp"
#include "edge/router.hpp"
#include "edge/trap_report.hpp"
#include "node/component_loader.hpp"
#include "node/function_board.hpp"
#include "node/function_stage.hpp"
#include "node/lanes.hpp"
#include "node/refresher.hpp"
#include "node/store_stats.hpp"

namespace peko::node {

/// What became of one function at the start.
struct LoadReport {
  std::string name;
  Status status;
  From from = From::Cache;
  std::chrono::milliseconds took{};
};
using OnLoaded = std::function<void(const LoadReport&)>;

class NodeFunctions {
 public:
  virtual ~NodeFunctions() = default;

  /// Finds out what there is, and loads what is to be there before the first request; `on_loaded` is called for each of
  /// these, in order. Blocks while it compiles.
  virtual Status load(const OnLoaded& on_loaded) = 0;
  /// After load(): what requests are routed by.
  [[nodiscard]] virtual std::shared_ptr<const edge::Router> router() const = 0;
  /// After load(), once: from here on the lanes are told of what serves.
  virtual void attach(Lanes& lanes) = 0;
  /// Whom lanes ask for what is not loaded; null: everything is.
  virtual edge::FunctionSource* source() { return nullptr; }
  [[nodiscard]] virtual const FunctionBoard& board() const = 0;
  [[nodiscard]] virtual const StoreStats* store() const { return nullptr; }
  virtual Refresher* refresher() { return nullptr; }
  /// By which they are changed; null: they change by themselves.
  virtual FunctionStage* stage() { return nullptr; }
  /// The text of a script's source map: what lies beside its bundle. Blocks; any thread.
  virtual Result<std::string> source_map(const edge::TrapPlaces& script) {
    return code::read_map_beside(script.component);
  }
  /// Lanes are told nothing any more. False when a thread does not end in time; then nothing that this refers to may go
  /// before the process does.
  virtual bool stop() { return true; }
};

}  // namespace peko::node
