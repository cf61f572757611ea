/// StoreLoader: a FunctionLoader over a store, the local cache and the compiler.
#pragma once

#include <atomic>
#include <expected>
#include <memory>
#include <string>

#include "base/log.hpp"
#include "code/node_key.hpp"
#include "node/component_loader.hpp"
#include "node/function_loader.hpp"
#include "node/resolver.hpp"
#include "node/store_assets.hpp"
#include "node/store_stats.hpp"

namespace peko::node {

struct StoreLoaderParts {
  code::Store& store;
  const code::LocalCache* cache;  ///< null: there is none
  const code::NodeKey* key;       ///< null: there is none
  const code::LimitsMax& maxima;
  ComponentLoader& components;
  const engine::Runtime& runtime;
  StoreStats& stats;
  LogSink& log;
  enum class Share : std::uint8_t { No, Yes } share = Share::No;  ///< whether other nodes have the same key
};

class StoreLoader final : public FunctionLoader {
 public:
  /// All parts outlive it.
  explicit StoreLoader(const StoreLoaderParts& parts)
      : parts_(parts),
        resolver_(parts.store, parts.cache, parts.maxima),
        assets_(std::make_shared<StoreAssets>(
            StoreAssetsParts{.store = parts.store, .cache = parts.cache, .stats = parts.stats, .log = parts.log})) {}

  std::expected<Loaded, Obstacle> load(const code::CatalogEntry& listed, const Loaded& serving, Reach reach) override;
  std::expected<Version, Obstacle> load_version(const code::CatalogEntry& listed, const Loaded& serving,
                                                code::VersionNumber number, Reach reach) override;
  /// Puts the machine code of what this node has compiled into the store, signed, so that the others need not compile
  /// it (of a script, that of the engine of scripts); and brings the component of what was loaded by its artifact into
  /// the local cache: for source lines when it fails, and for another engine.
  void afterwards(const LoadedFunction& loaded) override;
  /// Brings the engine of scripts, when the store has scripts: the first request to one of them does not wait for it.
  void prepare_script_engine();
  /// The text of a source map, from the local cache or the store. NotFound, Invalid: there is none, or a changed one.
  Result<std::string> source_map(const Digest& hash);

 private:
  using Environment = engine::Component::Environment;
  struct Linked {
    Version version;
    From from;
  };
  std::expected<Resolved, Obstacle> resolve(const code::CatalogEntry& listed, const Loaded& serving, Reach reach);
  std::expected<Linked, Obstacle> link(const code::VersionRecord& record, const code::Deployment& deployment,
                                       std::string component, Reach reach);
  std::expected<ComponentLoader::Loaded, Obstacle> link_script(const code::VersionRecord& record,
                                                               const ComponentLoader::Wanted& wanted, Reach reach);
  /// Null: it has none.
  std::expected<std::shared_ptr<const code::Assets>, Obstacle> assets_of(const code::VersionRecord& record,
                                                                         Reach reach);
  std::expected<ComponentLoader::Loaded, Obstacle> script_engine(Reach reach);
  Result<Environment> environment_of(const code::VersionRecord& record, const code::Deployment& deployment);
  /// Null: the store has none that can be used.
  Result<ComponentLoader::Linked> from_store(const ComponentLoader::Wanted& wanted);
  Result<std::string> component_bytes(const code::VersionRecord& record, Reach reach);
  Result<std::string> fetch_code(code::CodeKind kind, const Digest& hash, std::uint64_t size);
  std::unexpected<Obstacle> refuse(Refused what, Error error);
  void share_artifact(const Digest& component);
  void keep_component(const pool::Version& version);

  StoreLoaderParts parts_;
  Resolver resolver_;
  std::shared_ptr<StoreAssets> assets_;
  std::atomic<bool> may_share_ = true;
};

}  // namespace peko::node
