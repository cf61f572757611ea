/// The files of the local cache: entries are found, or replaced as a whole. What they hold is the caller's to check.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "base/result.hpp"
#include "code/cache_space.hpp"
#include "code/own_file.hpp"

namespace peko::code {

/// Shared by threads and by processes of one user. All calls block.
class CacheFolder {
 public:
  /// Makes the folders (0700) when they are missing, and removes what killed processes left. Errors of the file system;
  /// Invalid: a file is in the way.
  static Result<std::unique_ptr<CacheFolder>> open(const std::filesystem::path& root, std::uint64_t bytes_max);

  /// An entry, opened; nothing when there is none. It counts as used now, to the hour: a write an hour and entry is
  /// all that reading costs the disk. Denied: others could have changed it.
  [[nodiscard]] Result<std::optional<OpenFile>> find(const std::filesystem::path& entry) const;

  /// Whether what is kept survives a crash of the machine, for the price of waiting for the disk. When not, a crash may
  /// leave an entry with wrong bytes.
  enum class Durable : std::uint8_t { Yes, No };

  /// Writes an entry, mode 0600, of pieces that are joined; in place of any there is. Makes its folder. The errors of
  /// the file system; Invalid: it is larger than the whole cache.
  Status keep(const std::filesystem::path& entry, std::span<const std::string_view> pieces, Durable durable);

  /// Where an entry is, for messages.
  [[nodiscard]] std::string shown(const std::filesystem::path& entry) const { return (root_ / entry).string(); }

 private:
  CacheFolder(const std::filesystem::path& root, std::uint64_t bytes_max) : root_(root), space_(root, bytes_max) {}

  std::filesystem::path root_;
  CacheSpace space_;
};

}  // namespace peko::code
