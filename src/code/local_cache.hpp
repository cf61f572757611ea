/// The local cache: what a node has fetched or compiled, kept on this machine, so that nothing is fetched or compiled
/// twice and a node can start while its store is down.
///
///   <folder>/components/<sha256>.wasm                   a component, by its hash
///   <folder>/assets/<sha256>                            a static file or an index of them, by its hash
///   <folder>/artifacts/<engine-id>/<sha256>.cwasm       the artifact of the component <sha256>, its signature behind
///   it <folder>/remembered/<sha256>/<sha256>               a small text of a store, signed; hashes of store and key
///   <folder>/tmp/                                       what is being written
///
/// Nothing that is read here is believed: components are checked by hash, the rest by a signature of the node key, all
/// through the descriptor that was checked. So a crash, a full disk or a stranger cost an entry, never more.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/hash.hpp"
#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "code/node_key.hpp"

namespace peko::code {

class CacheFolder;

/// An artifact whose signature was right, held open. Its path is valid in this process for as long as this lives. The
/// signature is at the end of the file; loaders of artifacts do not mind.
class VerifiedArtifact {
 public:
  explicit VerifiedArtifact(UniqueFd file) : file_(std::move(file)) {}

  /// "/proc/self/fd/N": opens the verified file itself, whatever has happened to its name.
  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(file_.get()); }

 private:
  UniqueFd file_;
};

/// A value after open(); shared by threads and by processes of one user. All calls block: disk, and hashing.
///
/// What is read: nothing when there is no entry. Every error means "fetch or compile it again, and keep that"; Denied:
/// the entry is forged, damaged or could have been changed by others, and the message is worth a line in the log.
///
/// What is kept replaces any entry there is; readers see the old one or the new one. An error (a full disk, a read-only
/// one, larger than the whole cache) leaves the cache as it was: whoever has the bytes can go on without it.
///
/// The cache holds at most `bytes_max`: what has not been used for longest goes first. A process knows at once what it
/// has kept itself, and what others have kept when it looks again, after each sixteenth of the bound.
class LocalCache {
 public:
  /// Makes the folders (0700) when they are missing, and removes what killed processes left.
  static Result<LocalCache> open(const std::filesystem::path& folder, std::uint64_t bytes_max, NodeKey key);
  LocalCache(LocalCache&&) noexcept;
  LocalCache& operator=(LocalCache&&) noexcept;
  ~LocalCache();

  [[nodiscard]] Result<std::optional<std::string>> component(const Digest& hash) const;
  /// Where it lies when it is there, for another process that reads it; that checks the hash as well.
  [[nodiscard]] std::filesystem::path component_file(const Digest& hash) const;
  /// Invalid when the bytes have another hash.
  [[nodiscard]] Status keep_component(const Digest& hash, std::string_view bytes) const;

  /// A static file, or an index of them, of at most `bytes_max` bytes.
  [[nodiscard]] Result<std::optional<std::string>> asset(const Digest& hash, std::uint64_t bytes_max) const;
  /// ... as the file that was checked, to be read from its beginning; of `size` bytes, else Denied.
  [[nodiscard]] Result<std::optional<UniqueFd>> asset_file(const Digest& hash, std::uint64_t size) const;
  /// Invalid when the bytes have another hash.
  [[nodiscard]] Status keep_asset(const Digest& hash, std::string_view bytes) const;

  /// `engine_id` is safe as a file name, else Invalid.
  [[nodiscard]] Result<std::optional<VerifiedArtifact>> artifact(std::string_view engine_id,
                                                                 const Digest& component) const;
  [[nodiscard]] Status keep_artifact(std::string_view engine_id, const Digest& component,
                                     std::string_view artifact) const;

  /// A small text of a store as it was last seen: pointers, version records, settings, listings.
  struct Remembered {
    std::string etag;
    std::string bytes;
  };
  /// `store`: its URL without secrets.
  [[nodiscard]] Result<std::optional<Remembered>> recall(std::string_view store, std::string_view key) const;
  [[nodiscard]] Status remember(std::string_view store, std::string_view key, std::string_view etag,
                                std::string_view bytes) const;

 private:
  LocalCache(std::unique_ptr<CacheFolder> folder, NodeKey key);

  std::unique_ptr<CacheFolder> folder_;
  NodeKey key_;
};

}  // namespace peko::code
