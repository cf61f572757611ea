/// The index of a version's assets: which files there are, and by which hashes their bytes are found.
///
///   {"format":1,"files":{"about.html":{"sha256":"…","bytes":812,"br":{"sha256":"…","bytes":301},"gzip":{…}}}}
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.hpp"
#include "base/result.hpp"
#include "code/function.hpp"

namespace peko::code {

/// What a limit may allow at most: one file is held whole while it is sent.
inline constexpr std::uint64_t kAssetBytesMax = std::uint64_t{512} << 20U;
inline constexpr std::uint64_t kAssetsBytesMax = std::uint64_t{10} << 30U;
/// An entry with two compressed forms takes some 300 bytes and its path.
inline constexpr std::size_t kAssetIndexBytesMax = std::size_t{24} << 20U;

/// Bytes by their hash.
struct AssetBlob {
  Digest hash{};
  std::uint64_t size = 0;
  auto operator<=>(const AssetBlob&) const = default;
};

struct AssetFile {
  std::string path;  ///< as check_asset_path wants it
  AssetBlob plain;
  std::optional<AssetBlob> brotli;  ///< compressed ahead, where that pays
  std::optional<AssetBlob> gzip;
  bool operator==(const AssetFile&) const = default;
};

/// In the order of their paths, none twice. Invalid names the place and what is wrong; Unsupported: a newer Peko wrote
/// it.
Result<std::vector<AssetFile>> read_asset_index(std::string_view json);
/// Text that reads back as what was given. Invalid: a path is not UTF-8, or all are too long together.
Result<std::string> write_asset_index(const std::vector<AssetFile>& files);

}  // namespace peko::code
