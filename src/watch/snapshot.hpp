/// Snapshot: what the files of a scope were at one moment.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "base/hash.hpp"
#include "watch/scope.hpp"

namespace peko::watch {

class Snapshot {
 public:
  /// Of a scope; what is beyond is not looked at, and whole() is false.
  static constexpr std::size_t kFilesMax = 20'000;
  /// A larger file is new content whenever its stamp is new.
  static constexpr std::size_t kContentBytesMax = std::size_t{4} << 20U;

  Snapshot() = default;
  /// Looks at all files of the scope. Contents are read again only where `before` has another stamp. Blocks for as long
  /// as the disk takes. What cannot be read is not there.
  static Snapshot of(const Scope& scope, const Snapshot& before);

  enum class By {
    Stamp,    ///< also a file that was saved as it was
    Content,  ///< only what is different now
  };
  /// The files that were added, removed or changed from `before` to this, sorted.
  [[nodiscard]] std::vector<std::filesystem::path> changes_since(const Snapshot& before, By by) const;

  /// The folders in which a change of the scope would show; all of them exist.
  [[nodiscard]] const std::set<std::filesystem::path>& folders() const { return folders_; }
  [[nodiscard]] bool has(const std::filesystem::path& file) const { return files_.contains(file); }
  [[nodiscard]] std::size_t size() const { return files_.size(); }
  [[nodiscard]] bool whole() const { return files_.size() < kFilesMax; }
  /// When the file that was saved last was saved.
  [[nodiscard]] std::optional<std::filesystem::file_time_type> newest() const;
  /// Takes the state of some files over from another snapshot, also that they are not there.
  void adopt(const Snapshot& other, const std::vector<std::filesystem::path>& files);

 private:
  struct Stamp {
    std::int64_t modified_ns = 0;
    std::int64_t changed_ns = 0;  // ctime: a file can be replaced by one with an older mtime
    std::uint64_t inode = 0;
    std::uint64_t bytes = 0;
    bool operator==(const Stamp&) const = default;
  };
  struct File {
    Stamp stamp;
    std::optional<Digest> content;  // nothing: too large, or not readable
  };
  class Walk;

  std::map<std::filesystem::path, File> files_;
  std::set<std::filesystem::path> folders_;
};

}  // namespace peko::watch
