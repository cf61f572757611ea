/// StoreFunctions: the functions of a code store, brought as they are asked for: what `peko serve` serves.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "code/limit_table.hpp"
#include "code/local_cache.hpp"
#include "code/node_key.hpp"
#include "code/store.hpp"
#include "node/node_functions.hpp"
#include "node/registry.hpp"
#include "node/store_loader.hpp"
#include "node/watched_store.hpp"

namespace peko::node {

struct StoreFunctionsParts {
  const code::LocalCache* cache;  ///< null: there is none
  const code::NodeKey* key;       ///< null: there is none
  StoreLoaderParts::Share share;
  ComponentLoader& components;
  const engine::Runtime& runtime;
  LogSink& log;
  const Clock& clock;
};

class StoreFunctions final : public NodeFunctions {
 public:
  /// So many functions are loaded before the first request, when the store has no more: whoever has few wants to know
  /// at the start that they work. With more of them each is loaded when it is asked for.
  static constexpr std::size_t kPreloadMax = 100;

  /// All in `parts` outlives it.
  StoreFunctions(std::unique_ptr<code::Store> store, const code::LimitsMax& maxima, const StoreFunctionsParts& parts,
                 RegistryOptions options);

  Status load(const OnLoaded& on_loaded) override;
  [[nodiscard]] std::shared_ptr<const edge::Router> router() const override { return registry_.router(); }
  void attach(Lanes& lanes) override { registry_.attach(lanes); }
  edge::FunctionSource* source() override { return &registry_; }
  [[nodiscard]] const FunctionBoard& board() const override { return registry_; }
  [[nodiscard]] const StoreStats* store() const override { return &stats_; }
  Refresher* refresher() override { return &registry_; }
  Result<std::string> source_map(const edge::TrapPlaces& script) override {
    return loader_.source_map(script.source_map);
  }
  bool stop() override;

 private:
  void tell_of_default();

  const std::unique_ptr<code::Store> store_;
  const code::LimitsMax maxima_;
  const std::string default_function_;
  LogSink& log_;
  StoreStats stats_;
  WatchedStore watched_;
  StoreLoader loader_;
  Registry registry_;
  WorkQueue preparing_;
};

}  // namespace peko::node
