/// Assets: the static files that a version answers with, before its function runs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "code/asset_index.hpp"

namespace peko::code {

/// Larger assets are not held in memory: they are read from a file of the local cache, piece by piece.
inline constexpr std::uint64_t kAssetInMemoryMax = std::uint64_t{256} << 10U;

/// An asset's bytes: in memory, or in an open file that nobody changes.
struct AssetBytes {
  std::string bytes;
  UniqueFd file;             ///< holds them from its beginning; owns nothing when they are in `bytes`
  std::uint64_t memory = 0;  ///< what they cost of the memory, as long as this lives
};

/// Where the bytes of deployed assets come from. Shared by threads that may block.
class AssetOrigin {
 public:
  virtual ~AssetOrigin() = default;
  /// From this machine. NotFound: they must be fetched.
  virtual Result<AssetBytes> cached(const AssetBlob& asset) = 0;
  /// From wherever they lie. Invalid: what lies there is not the asset; else the store's errors.
  virtual Result<AssetBytes> fetch(const AssetBlob& asset) = 0;
};

/// Immutable; shared by all loops (hence shared_ptr to const wherever it is kept).
class Assets {
 public:
  struct Entry {
    AssetFile file;
    std::string_view type;       ///< content-type
    bool fingerprinted = false;  ///< may be kept for ever
  };

  /// Of a deployed version.
  Assets(std::vector<AssetFile> files, std::shared_ptr<AssetOrigin> origin);
  /// Of a project: a folder that is looked into at each request; files of at most `bytes_max` bytes.
  Assets(std::filesystem::path folder, std::uint64_t bytes_max);

  /// Null: there is none of that path. For a folder it is null for every path.
  [[nodiscard]] const Entry* find(std::string_view path) const;
  [[nodiscard]] AssetOrigin& origin() const { return *origin_; }

  /// Not empty: it is a project's folder.
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  [[nodiscard]] std::uint64_t bytes_max() const { return bytes_max_; }

 private:
  std::vector<Entry> entries_;
  std::unordered_map<std::string_view, const Entry*> by_path_;  // views into entries_
  std::shared_ptr<AssetOrigin> origin_;
  std::filesystem::path folder_;
  std::uint64_t bytes_max_ = 0;
};

}  // namespace peko::code
