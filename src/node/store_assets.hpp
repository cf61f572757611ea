/// StoreAssets: deployed assets: their indexes and their bytes, from the local cache or the code store.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/log.hpp"
#include "code/assets.hpp"
#include "code/deployment.hpp"
#include "code/local_cache.hpp"
#include "code/store.hpp"
#include "node/function_loader.hpp"
#include "node/store_stats.hpp"

namespace peko::node {

struct StoreAssetsParts {
  code::Store& store;
  const code::LocalCache* cache;  ///< null: there is none
  StoreStats& stats;
  LogSink& log;
};

/// Shared by threads; lives as long as any version that has assets (hence shared_ptr).
class StoreAssets final : public code::AssetOrigin, public std::enable_shared_from_this<StoreAssets> {
 public:
  /// All parts outlive it.
  explicit StoreAssets(const StoreAssetsParts& parts) : parts_(parts) {}

  /// The assets of a version, without their bytes; none is larger than `bytes_max`. NotFound: the index is not in the
  /// cache, and `reach` ends there. Invalid: the store has none, a damaged one, or one with a larger file. Else the
  /// store's errors.
  Result<std::shared_ptr<const code::Assets>> open(const code::AssetsRecord& record, std::uint64_t bytes_max,
                                                   Reach reach);

  Result<code::AssetBytes> cached(const code::AssetBlob& asset) override;
  Result<code::AssetBytes> fetch(const code::AssetBlob& asset) override;

 private:
  Result<std::string> fetch_checked(const std::string& key, const code::AssetBlob& asset);

  const StoreAssetsParts parts_;
};

}  // namespace peko::node
