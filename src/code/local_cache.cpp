#include "code/local_cache.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "code/cache_folder.hpp"
#include "code/component_file.hpp"

namespace peko::code {
namespace {

namespace fs = std::filesystem;

/// The listing of a store with 100,000 functions has some 10 MB.
constexpr std::uint64_t kRememberedBytesMax = std::uint64_t{64} << 20;

bool is_file_name(std::string_view text) {
  return !text.empty() && text.front() != '.' && text.size() <= 200 &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-") ==
             std::string_view::npos;
}

fs::path component_entry(const Digest& hash) { return fs::path("components") / (hex(hash) + ".wasm"); }

fs::path asset_entry(const Digest& hash) { return fs::path("assets") / hex(hash); }

Result<fs::path> artifact_entry(std::string_view engine_id, const Digest& component) {
  if (!is_file_name(engine_id)) {
    return fail(Code::Invalid, fmt::format("\"{}\" is no engine id", engine_id));
  }
  return fs::path("artifacts") / engine_id / (hex(component) + ".cwasm");
}

fs::path remembered_entry(std::string_view store, std::string_view key) {
  return fs::path("remembered") / hex(sha256(store)) / hex(sha256(key));
}

std::unexpected<Error> refused(std::string_view what, const std::string& entry, std::string_view why) {
  return fail(Code::Denied, fmt::format("the {} {} is refused: {}", what, entry, why));
}

/// What the signature of a remembered text covers: each part with its length, so that none can pass for another.
Digest remembered_content(std::string_view store, std::string_view key, std::string_view etag, std::string_view bytes) {
  Sha256 hash;
  for (const std::string_view part : {store, key, etag, bytes}) {
    hash.update(fmt::format("{}:", part.size()));
    hash.update(part);
  }
  return hash.finish();
}

/// What follows the signature of a remembered text: "<length of the etag>:<etag><bytes>".
std::optional<LocalCache::Remembered> take_apart(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    return std::nullopt;
  }
  std::size_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + colon, length);
  if (error != std::errc() || end != text.data() + colon) {
    return std::nullopt;
  }
  text.remove_prefix(colon + 1);
  if (length > text.size()) {
    return std::nullopt;
  }
  return LocalCache::Remembered{.etag = std::string(text.substr(0, length)), .bytes = std::string(text.substr(length))};
}

/// An entry's bytes; nothing when there is none.
Result<std::optional<std::string>> read_entry(const CacheFolder& folder, const fs::path& entry, std::string_view what,
                                              std::uint64_t bytes_max) {
  Result<std::optional<OpenFile>> file = folder.find(entry);
  if (!file) {
    return refused(what, folder.shown(entry), file.error().message);
  }
  if (!*file) {
    return std::nullopt;
  }
  const auto size = static_cast<std::uint64_t>((*file)->about.st_size);
  if (size > bytes_max) {
    return refused(what, folder.shown(entry), "it is larger than any can be");
  }
  std::string bytes;
  bytes.reserve(size);
  const auto take = [&](std::string_view piece) { bytes += piece.substr(0, size - std::min(size, bytes.size())); };
  if (Status read = read_rest(**file, folder.shown(entry), take); !read) {
    return fail(std::move(read.error()));
  }
  return bytes;
}

}  // namespace

LocalCache::LocalCache(std::unique_ptr<CacheFolder> folder, NodeKey key)
    : folder_(std::move(folder)), key_(std::move(key)) {}
LocalCache::LocalCache(LocalCache&&) noexcept = default;
LocalCache& LocalCache::operator=(LocalCache&&) noexcept = default;
LocalCache::~LocalCache() = default;

Result<LocalCache> LocalCache::open(const fs::path& folder, std::uint64_t bytes_max, NodeKey key) {
  Result<std::unique_ptr<CacheFolder>> opened = CacheFolder::open(folder, bytes_max);
  if (!opened) {
    return fail(std::move(opened.error()));
  }
  return LocalCache(std::move(*opened), std::move(key));
}

Result<std::optional<std::string>> LocalCache::component(const Digest& hash) const {
  const fs::path entry = component_entry(hash);
  Result<std::optional<std::string>> bytes = read_entry(*folder_, entry, "cached component", kComponentBytesMax);
  if (bytes && *bytes && sha256(**bytes) != hash) {
    return refused("cached component", folder_->shown(entry), "its bytes are not those that its name says (damaged)");
  }
  return bytes;
}

fs::path LocalCache::component_file(const Digest& hash) const { return folder_->shown(component_entry(hash)); }

Status LocalCache::keep_component(const Digest& hash, std::string_view bytes) const {
  if (sha256(bytes) != hash) {
    return fail(Code::Invalid, fmt::format("what was to be kept as the component {} has another hash", hex(hash)));
  }
  // A torn one is found by its hash, and fetched again.
  return folder_->keep(component_entry(hash), std::array{bytes}, CacheFolder::Durable::No);
}

Result<std::optional<std::string>> LocalCache::asset(const Digest& hash, std::uint64_t bytes_max) const {
  const fs::path entry = asset_entry(hash);
  Result<std::optional<std::string>> bytes = read_entry(*folder_, entry, "cached asset", bytes_max);
  if (bytes && *bytes && sha256(**bytes) != hash) {
    return refused("cached asset", folder_->shown(entry), "its bytes are not those that its name says (damaged)");
  }
  return bytes;
}

Result<std::optional<UniqueFd>> LocalCache::asset_file(const Digest& hash, std::uint64_t size) const {
  const fs::path entry = asset_entry(hash);
  const std::string shown = folder_->shown(entry);
  Result<std::optional<OpenFile>> file = folder_->find(entry);
  if (!file) {
    return refused("cached asset", shown, file.error().message);
  }
  if (!*file) {
    return std::nullopt;
  }
  Sha256 found;
  std::uint64_t bytes = 0;
  const auto take = [&](std::string_view piece) {
    found.update(piece);
    bytes += piece.size();
  };
  if (Status read = read_rest(**file, shown, take); !read) {
    return fail(std::move(read.error()));
  }
  if (bytes != size || found.finish() != hash) {
    return refused("cached asset", shown, "its bytes are not those that its name says (damaged)");
  }
  return std::move((*file)->fd);
}

Status LocalCache::keep_asset(const Digest& hash, std::string_view bytes) const {
  if (sha256(bytes) != hash) {
    return fail(Code::Invalid, fmt::format("what was to be kept as the asset {} has another hash", hex(hash)));
  }
  return folder_->keep(asset_entry(hash), std::array{bytes}, CacheFolder::Durable::No);
}

Result<std::optional<VerifiedArtifact>> LocalCache::artifact(std::string_view engine_id,
                                                             const Digest& component) const {
  const Result<fs::path> entry = artifact_entry(engine_id, component);
  if (!entry) {
    return fail(entry.error());
  }
  const std::string shown = folder_->shown(*entry);
  Result<std::optional<OpenFile>> file = folder_->find(*entry);
  if (!file) {
    return refused("compiled artifact", shown, file.error().message);
  }
  if (!*file) {
    return std::nullopt;
  }
  const auto size = static_cast<std::size_t>((*file)->about.st_size);
  std::size_t rest = size - std::min(size, kSignatureBytes);
  Sha256 hash;
  std::string signature;
  const auto take = [&](std::string_view piece) {
    const std::string_view code = piece.substr(0, rest);
    rest -= code.size();
    hash.update(code);
    signature += piece.substr(code.size(), kSignatureBytes + 1);
  };
  if (Status read = read_rest(**file, shown, take); !read) {
    return fail(std::move(read.error()));
  }
  if (!key_.verifies_artifact(engine_id, component, hash.finish(), signature)) {
    return refused("compiled artifact", shown, "its signature is wrong (damaged, forged, or by another node key)");
  }
  return VerifiedArtifact(std::move((*file)->fd));
}

Status LocalCache::keep_artifact(std::string_view engine_id, const Digest& component, std::string_view artifact) const {
  const Result<fs::path> entry = artifact_entry(engine_id, component);
  if (!entry) {
    return fail(entry.error());
  }
  const Digest signature = key_.sign_artifact(engine_id, component, sha256(artifact));
  // A torn one would be reported as forged.
  return folder_->keep(*entry, std::array{artifact, bytes_of(signature)}, CacheFolder::Durable::Yes);
}

Result<std::optional<LocalCache::Remembered>> LocalCache::recall(std::string_view store, std::string_view key) const {
  constexpr std::string_view what = "remembered text";
  const fs::path entry = remembered_entry(store, key);
  Result<std::optional<std::string>> bytes = read_entry(*folder_, entry, what, kRememberedBytesMax);
  if (!bytes) {
    return fail(std::move(bytes.error()));
  }
  if (!*bytes) {
    return std::nullopt;
  }
  const std::string_view signature = std::string_view(**bytes).substr(0, kSignatureBytes);
  std::optional<Remembered> remembered = take_apart(std::string_view(**bytes).substr(signature.size()));
  if (!remembered ||
      !key_.verifies_remembered(remembered_content(store, key, remembered->etag, remembered->bytes), signature)) {
    return refused(what, fmt::format("{} ({} of {})", folder_->shown(entry), key, store),
                   "its signature is wrong (damaged, forged, or by another node key)");
  }
  return remembered;
}

Status LocalCache::remember(std::string_view store, std::string_view key, std::string_view etag,
                            std::string_view bytes) const {
  if (bytes.size() > kRememberedBytesMax / 2) {
    return fail(Code::Invalid, fmt::format("{} of {} is too large to be remembered", key, store));
  }
  if (const auto known = recall(store, key); known && *known && (*known)->etag == etag && (*known)->bytes == bytes) {
    return {};  // Nothing to write, and it counts as used.
  }
  const Digest signature = key_.sign_remembered(remembered_content(store, key, etag, bytes));
  const std::string length = fmt::format("{}:", etag.size());
  return folder_->keep(remembered_entry(store, key),
                       std::array{bytes_of(signature), std::string_view(length), etag, bytes},
                       CacheFolder::Durable::Yes);
}

}  // namespace peko::code
