/// Writes one file of a store in a folder: part of FileStore.
#pragma once

#include <time.h>

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "code/store.hpp"

namespace peko::code {

/// A file being written beside the one it is to become. Removed by the destructor unless it was moved into place.
class TemporaryFile {
 public:
  /// Creates it in an open folder (not by O_PATH), which outlives it. -1 in it and errno when that fails.
  explicit TemporaryFile(int folder);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  explicit operator bool() const { return static_cast<bool>(file_); }
  [[nodiscard]] int fd() const { return file_.get(); }

  /// Makes the time of the last write later than `before`, by as much luck as makes it one of a kind even where clocks
  /// are coarse, or a file is removed and written again. 0, or an errno.
  int date(const timespec& before);
  /// Takes the place of whatever has the name. 0, or an errno.
  int replace(const std::string& name);
  /// EEXIST when anything has the name, whoever made it; 0, or another errno.
  int take(const std::string& name);

 private:
  const int folder_;
  std::string name_;  ///< empty once it has its place
  UniqueFd file_;
};

/// The whole source, synced. The source's errors as they are; `failure` gets the errno of the disk's, with Unavailable.
Status copy_to_disk(ByteSource& source, int file, int& failure);

}  // namespace peko::code
