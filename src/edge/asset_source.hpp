/// AssetSource: where a loop gets the bytes of assets that it does not hold.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "code/assets.hpp"

namespace peko::edge {

/// An asset's bytes as all loops share them. They do not change; what does, any thread may read and write.
struct HeldAsset {
  code::AssetBytes content;
  std::uint64_t size = 0;
  std::atomic<std::int64_t> used_s{0};  ///< steady seconds of the last use
  std::atomic<bool> evicted{false};     ///< whoever holds it lets it go when nothing is sent of it
};

/// A file of a project, as it is now.
struct LiveAsset {
  enum class Is : std::uint8_t { Nothing, File, Folder } is = Is::Nothing;
  std::string path;
  std::string bytes;
};

/// Any thread may call it. What is asked for is answered once, on any thread, also before the call returns; nothing is
/// answered once the node stops.
class AssetSource {
 public:
  /// Overloaded: as many questions wait as may; else as code::AssetOrigin.
  using Held = std::move_only_function<void(Result<std::shared_ptr<HeldAsset>>)>;
  virtual void bring(std::shared_ptr<const code::Assets> assets, const code::AssetBlob& asset, Held done) = 0;

  /// Bytes of one that lies in a file; at least one, unless the file is shorter than it says: then Invalid.
  using Piece = std::move_only_function<void(Result<std::string>)>;
  virtual void read(std::shared_ptr<HeldAsset> asset, std::uint64_t first, std::size_t size, Piece done) = 0;

  /// What a path of code::asset_path_of leads to in a project's folder.
  using Found = std::move_only_function<void(Result<LiveAsset>)>;
  virtual void look(std::shared_ptr<const code::Assets> assets, std::string path, Found done) = 0;

 protected:
  ~AssetSource() = default;
};

}  // namespace peko::edge
