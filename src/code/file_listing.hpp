/// Lists the objects of a store in a folder: part of FileStore.
#pragma once

#include <sys/stat.h>

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "code/store.hpp"

namespace peko::code {

/// What FileStore tells of a file.
///
/// The etag is the time of the last write, the time of the last change of any kind and the size. Writers of ours see to
/// it that the first only ever grows (FileStore::put). The second shows what the first hides: a copy that keeps the
/// dates of another file (`cp -p`). The inode is not part of it: file systems in user space make one up, and others
/// reuse it at once.
ObjectInfo object_info(std::string key, const struct stat& file);

/// What a network file system knows of an open file or folder when it asks its server now, whatever it remembers; for a
/// folder, the names in it are looked up anew then. 0, or an errno.
int look_afresh(int fd, struct stat& about);

/// Whether to look once more for what was not found, after `tries` times; pauses before it says so. On a file system in
/// user space (FUSE) a file that is replaced in this moment may seem to be missing, and absence must be true: it means
/// that a function was removed.
bool may_be_there(int folder, int tries);

/// A name that no key has, for a file that is being written. What was left for a day is removed by whoever lists.
inline constexpr std::string_view kTemporaryPrefix = ".peko-tmp-";

/// A page as Store::list wants it, or nothing to be listed when the folder of the prefix is missing. Left out is what
/// is no object: names that are no keys, pipes, sockets, devices, links that lead out of the store. Whatever cannot be
/// read is an error, because a listing that leaves out objects would look like their removal. `now`: by the calendar.
Result<ObjectPage> list_folder(int root, std::string_view prefix, std::string_view after, std::size_t count,
                               std::chrono::system_clock::time_point now);

}  // namespace peko::code
