/// Opens what lies below a folder and never anything outside of it, whatever symbolic links others have put there.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/unique_fd.hpp"

namespace peko::code {

/// Opens `path`, relative to the open folder, as openat(2) with O_CLOEXEC. Symbolic links are followed as long as they
/// stay below the folder and are relative; on kernels before 5.6 and in sandboxes without openat2, which cannot tell,
/// none is. No segment of `path` is empty. Owns nothing when it fails; errno then says why: EXDEV or ELOOP for a link
/// that is not followed.
UniqueFd open_beneath(int folder, const std::string& path, int flags, mode_t mode = 0);

}  // namespace peko::code
