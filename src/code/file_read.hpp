/// Reads one file of a store in a folder: part of FileStore.
#pragma once

#include <sys/stat.h>

#include <functional>
#include <string>
#include <string_view>

#include "base/unique_fd.hpp"
#include "code/store.hpp"

namespace peko::code {

struct OpenFile {
  UniqueFd fd;
  struct stat about{};
};

/// Opens an object's file and looks at it. Owns nothing when that fails, and errno says why: EISDIR for a folder,
/// ENODEV for a pipe and the like. Opening asks a server anew what the name leads to.
OpenFile open_file(int root, const std::string& key);

/// Reads `range`, which lies within the file, into `take` until that wants no more. 0, kWrittenMeanwhile, or an errno.
/// A handle that the file server forgot is opened again, if it is still the same file.
int read_file_range(int root, const std::string& key, OpenFile& file, const ByteRange& range,
                    const std::function<bool(std::string_view)>& take);
inline constexpr int kWrittenMeanwhile = -1;

}  // namespace peko::code
