/// Whole files: small, blocking helpers for settings, manifests, components and artifacts. Not for a loop's thread.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace peko {

/// An Error for a failed system call on `path`: "opening /srv/a: no such file or directory". `number` is an errno.
Error file_error(std::string_view doing, const std::filesystem::path& path, int number);

/// All bytes of a file. NotFound, Denied, Invalid (a folder, or more than `bytes_max` bytes), Unavailable (the disk).
Result<std::string> read_file(const std::filesystem::path& path, std::size_t bytes_max);
/// The same in two steps, for who may open nothing any more when it reads: a file that is open for reading, and all of
/// its bytes. `path` is for messages.
Result<UniqueFd> open_to_read(const std::filesystem::path& path);
Result<std::string> read_open_file(const UniqueFd& file, const std::filesystem::path& path, std::size_t bytes_max);

/// Writes all bytes to an open file. 0, or an errno.
int write_all(int fd, std::string_view bytes);

/// Replaces a file as a whole: whoever opens `path` sees the old bytes or the new ones, also after a crash (a temporary
/// file beside it, fsync, rename, fsync of the folder). `mode` is exact, whatever the umask. The folder must exist.
Status write_file_atomically(const std::filesystem::path& path, std::string_view bytes, mode_t mode);

/// Creates a folder and those above it, mode 0700 each. Folders that exist stay as they are. Conflict when a file is in
/// the way.
Status create_private_directories(const std::filesystem::path& path);

}  // namespace peko
