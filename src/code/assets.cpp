#include "code/assets.hpp"

#include <utility>

#include "code/asset_type.hpp"

namespace peko::code {

Assets::Assets(std::vector<AssetFile> files, std::shared_ptr<AssetOrigin> origin) : origin_(std::move(origin)) {
  entries_.reserve(files.size());
  by_path_.reserve(files.size());
  for (AssetFile& file : files) {
    const std::string_view type = asset_type(file.path);
    const bool fingerprinted = is_fingerprinted(file.path);
    Entry& entry = entries_.emplace_back(std::move(file), type, fingerprinted);
    by_path_.emplace(entry.file.path, &entry);
  }
}

Assets::Assets(std::filesystem::path folder, std::uint64_t bytes_max)
    : folder_(std::move(folder)), bytes_max_(bytes_max) {}

const Assets::Entry* Assets::find(std::string_view path) const {
  const auto found = by_path_.find(path);
  return found == by_path_.end() ? nullptr : found->second;
}

}  // namespace peko::code
