/// FileStore: a store in a folder, on a local disk or on one that several machines mount (NFS, EFS).
///
/// An object is a file of the same path. It is written under a temporary name in its folder, synced and renamed, so
/// that readers and crashes see the old file or the new one. Writers take turns by a lock on `.peko/store`
/// (store_mark.hpp) for the moment of the comparison and the rename, not while they write. Files that people put there
/// by hand are objects as well.
///
/// Nothing is mapped and nothing is watched. A call blocks as long as the disk does: a hard NFS mount whose server
/// hangs has no deadline.
#pragma once

#include <time.h>

#include <filesystem>
#include <mutex>
#include <string>

#include "base/clock.hpp"
#include "base/unique_fd.hpp"
#include "code/store.hpp"

namespace peko::code {

class TemporaryFile;

/// Nothing is opened before it is needed, and the folder anew for each call: it may be mounted later or again.
/// Unavailable while it is not there; so is what is missing from a folder that has lost the mark it had before, because
/// then the disk is not mounted.
class FileStore final : public Store {
 public:
  /// `root` is absolute; the clock outlives it.
  FileStore(std::filesystem::path root, const Clock& clock) : root_(std::move(root)), clock_(clock) {}

  /// Removes temporary files of killed writers on its way when they are older than a day.
  Result<ObjectPage> list(std::string_view prefix, std::string_view after, std::size_t count) override;
  Result<ObjectInfo> stat(std::string_view key) override;
  /// Unavailable when somebody writes into the very file while it is read.
  Result<std::optional<ObjectInfo>> get(std::string_view key, const ByteSink& sink, const ByteRange& range = {},
                                        std::string_view unless_etag = {}) override;
  /// Unavailable also when the disk is full. Denied also when the file system has no locks.
  Result<ObjectInfo> put(std::string_view key, ByteSource& bytes, const PutIf& condition = {}) override;
  /// Removes the folders that are empty then as well, but none directly below the root.
  Status remove(std::string_view key) override;
  [[nodiscard]] std::string shown() const override;

 private:
  [[nodiscard]] Result<UniqueFd> open_root() const;
  /// The store's root, known to be this store's.
  Result<UniqueFd> open_marked_root();
  /// NotFound, if the root is this store's.
  std::unexpected<Error> absent(int root, std::string_view key);
  Status check_mark(int root);
  std::string first_mark();
  std::unexpected<Error> not_opened(int root, std::string_view key, int number);
  [[nodiscard]] std::unexpected<Error> not_written(std::string_view key, int number) const;
  /// Conflict when the object is not as the condition says. `written` gets the time of its last write.
  Status check_condition(int root, int folder, std::string_view key, const PutIf& condition, timespec* written);
  /// Both locks that a change needs: of this process and of all.
  struct Turn {
    std::unique_lock<std::timed_mutex> mine;
    UniqueFd all;
  };
  Result<Turn> take_turn(int root);
  /// Compares and renames, in our turn.
  Result<ObjectInfo> put_in_place(int root, int folder, std::string_view key, const PutIf& condition,
                                  TemporaryFile& file);
  [[nodiscard]] std::unexpected<Error> failed(std::string_view doing, std::string_view key, int number) const;

  const std::filesystem::path root_;
  const Clock& clock_;
  std::timed_mutex changing_;  ///< held by the thread whose turn it is: waiting here is fair, waiting for a file is not
  std::mutex mutex_;
  std::string mark_;  ///< as first seen; under mutex_
};

}  // namespace peko::code
