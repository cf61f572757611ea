/// Files that nobody else may have touched. What they hold is trusted, or taken apart, only after these checks, and
/// only through the descriptor that was checked.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string_view>

#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace peko::code {

struct OpenFile {
  UniqueFd fd;
  struct stat about{};
};

/// Opens a regular file to read. NotFound; Denied: a symbolic link, a folder, a pipe, or no permission.
Result<OpenFile> open_regular(const std::filesystem::path& path);

/// ... that belongs to this user and that nobody else can write. Denied.
Result<OpenFile> open_own(const std::filesystem::path& path);

/// Hands all bytes from where the file is to its end to `take`, in pieces.
Status read_rest(const OpenFile& file, const std::filesystem::path& path,
                 const std::function<void(std::string_view)>& take);

}  // namespace peko::code
