/// A folder of assets on its way into a store: each file once by its hash, then the index.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "code/asset_index.hpp"
#include "code/deployment.hpp"
#include "code/store.hpp"

namespace peko::code {

/// How far it is; at its end, what was done.
struct AssetsSent {
  std::size_t files = 0;  ///< done
  std::size_t files_all = 0;
  std::size_t files_new = 0;     ///< that the store did not have
  std::uint64_t bytes_sent = 0;  ///< with compressed forms
};
using OnAssets = std::function<void(const AssetsSent&)>;

struct UploadedAssets {
  AssetsRecord record;
  std::string index;  ///< its text
  AssetsSent sent;
};

/// Sends the files of `settings.assets`, compressed forms included, which are made here unless `served` has them: the
/// files of versions that serve, which no collection removes. Each file is read once, so that what is sent is what its
/// hash says, whoever writes to the folder meanwhile. `progress` is called by one thread at a time. Errors as
/// AssetFolder and the store have them.
Result<UploadedAssets> upload_assets(Store& store, const Clock& clock, const Function& settings,
                                     const std::vector<AssetFile>& served, const OnAssets& progress);

/// The files of an index that a version names. Invalid when what is there is not what the record says; else the store's
/// errors.
Result<std::vector<AssetFile>> fetch_asset_index(Store& store, const AssetBlob& index);

}  // namespace peko::code
