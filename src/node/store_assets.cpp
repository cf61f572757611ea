#include "node/store_assets.hpp"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include "base/file.hpp"
#include "base/text.hpp"
#include "base/unique_fd.hpp"

namespace peko::node {

namespace {

// What a file of the cache costs while it is open: what the kernel keeps of it, and a descriptor of some thousands.
constexpr std::uint64_t kOpenFileMemory = std::uint64_t{64} << 10U;

code::AssetBytes in_memory(std::string bytes) {
  code::AssetBytes asset{.bytes = std::move(bytes), .file = {}, .memory = 0};
  asset.memory = asset.bytes.size();
  return asset;
}

code::AssetBytes in_file(UniqueFd file) { return {.bytes = {}, .file = std::move(file), .memory = kOpenFileMemory}; }

std::uint64_t largest(const code::AssetFile& file) {
  std::uint64_t size = file.plain.size;
  for (const auto& form : {file.brotli, file.gzip}) size = std::max(size, form ? form->size : 0);
  return size;
}

}  // namespace

Result<std::string> StoreAssets::fetch_checked(const std::string& key, const code::AssetBlob& asset) {
  Result<code::Object> object = get_object(parts_.store, key, static_cast<std::size_t>(asset.size));
  const Code code = object ? Code::Internal : object.error().code;
  if (!object && code == Code::NotFound) {
    return fail(Code::Invalid, fmt::format("{} is missing in {}, and a version needs it: deploy that version again",
                                           key, parts_.store.shown()));
  }
  if (!object && code != Code::Invalid) return fail(std::move(object.error()));
  if (!object || object->bytes.size() != asset.size || sha256(object->bytes) != asset.hash) {
    parts_.stats.count_refused(Refused::Asset);
    std::string what = fmt::format(
        "{} in {} was changed after it was written, or what names it was: its bytes do not have the hash, or not the "
        "size, that a version gives. It is not used. Find out who can write there; deploy the version again",
        key, parts_.store.shown());
    parts_.log.write(LogLevel::Error, what);
    return fail(Code::Invalid, std::move(what));
  }
  if (parts_.cache != nullptr) (void)parts_.cache->keep_asset(asset.hash, object->bytes);
  return std::move(object->bytes);
}

Result<std::shared_ptr<const code::Assets>> StoreAssets::open(const code::AssetsRecord& record, std::uint64_t bytes_max,
                                                              Reach reach) {
  Result<std::string> text = fail(Code::NotFound, "not in the local cache");
  if (parts_.cache != nullptr) {
    Result<std::optional<std::string>> kept = parts_.cache->asset(record.index.hash, code::kAssetIndexBytesMax);
    if (kept && *kept && (*kept)->size() == record.index.size) text = std::move(**kept);
  }
  const std::string key = code::asset_index_key(record.index.hash);
  if (!text && reach != Reach::Cache) text = fetch_checked(key, record.index);
  if (!text) return fail(std::move(text.error()));
  Result<std::vector<code::AssetFile>> files = code::read_asset_index(*text);
  if (!files) return fail(std::move(files.error()), fmt::format("{} in {}", key, parts_.store.shown()));
  for (const code::AssetFile& file : *files) {
    if (const std::uint64_t size = largest(file); size > bytes_max) {
      return fail(Code::Invalid, fmt::format("the static file {} has {}, more than the {} that this node allows: raise "
                                             "limits_max.asset_mb, or deploy it smaller",
                                             file.path, human_bytes(size), human_bytes(bytes_max)));
    }
  }
  return std::make_shared<const code::Assets>(std::move(*files), shared_from_this());
}

Result<code::AssetBytes> StoreAssets::cached(const code::AssetBlob& asset) {
  constexpr auto absent = [] { return fail(Code::NotFound, "not in the local cache"); };
  if (parts_.cache == nullptr) return absent();
  if (asset.size <= code::kAssetInMemoryMax) {
    Result<std::optional<std::string>> kept = parts_.cache->asset(asset.hash, asset.size);
    if (!kept || !*kept || (*kept)->size() != asset.size) return absent();
    return in_memory(std::move(**kept));
  }
  Result<std::optional<UniqueFd>> kept = parts_.cache->asset_file(asset.hash, asset.size);
  if (!kept || !*kept) return absent();
  return in_file(std::move(**kept));
}

Result<code::AssetBytes> StoreAssets::fetch(const code::AssetBlob& asset) {
  Result<std::string> bytes = fetch_checked(code::asset_key(asset.hash), asset);
  if (!bytes) return fail(std::move(bytes.error()));
  if (asset.size <= code::kAssetInMemoryMax) return in_memory(std::move(*bytes));
  if (Result<code::AssetBytes> kept = cached(asset)) return kept;
  // Without a cache a large file lies in memory as well.
  UniqueFd memory(::memfd_create("peko-asset", MFD_CLOEXEC));
  if (!memory) return fail(file_error("making", "a file in memory", errno));
  if (const int error = write_all(memory.get(), *bytes); error != 0) {
    return fail(file_error("writing", "a file in memory", error));
  }
  code::AssetBytes held = in_file(std::move(memory));
  held.memory = bytes->size();
  return held;
}

}  // namespace peko::node
