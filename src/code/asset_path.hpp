/// Which asset a request's path means: pure functions.
///
/// Assets are named as their files are, below the folder and with '/': "about.html", "img/sky.png". Names are compared
/// byte by byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace peko::code {

/// Longer ones would not fit into the request lines that some proxies take.
inline constexpr std::size_t kAssetPathBytesMax = 1024;

/// Invalid, with the reason, for a path that no asset can have: empty segments, "." and "..", names that begin with
/// '.' (but for ".well-known" at the top), control characters, backslashes.
Status check_asset_path(std::string_view path);

/// Writes the path that a request's target names into `path`: without the leading '/' and the query, percent-decoded
/// once. It ends in '/' (or is empty) when a folder is meant. False when no asset can have it.
bool asset_path_of(std::string_view target, std::string& path);

enum class AssetAt : std::uint8_t {
  Nowhere,
  File,    ///< `path` is it now
  Folder,  ///< a folder with an index.html: the client is to come again with a '/' at the end
};

/// What `path`, from asset_path_of, leads to: "" and "a/" to their index.html, "a" to a, a.html, or the folder a.
/// `has` says whether there is an asset of that path.
template <typename Has>
AssetAt locate_asset(std::string& path, const Has& has) {
  constexpr std::string_view kIndex = "index.html";
  if (path.empty() || path.back() == '/') {
    path += kIndex;
    return has(path) ? AssetAt::File : AssetAt::Nowhere;
  }
  if (has(path)) return AssetAt::File;
  const std::size_t length = path.size();
  path += ".html";
  if (has(path)) return AssetAt::File;
  path.resize(length);
  path += '/';
  path += kIndex;
  return has(path) ? AssetAt::Folder : AssetAt::Nowhere;
}

}  // namespace peko::code
