#include "code/beneath.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string_view>

#include "base/text.hpp"

namespace peko::code {
namespace {

constexpr int kTriesMax = 16;  // openat2(2): EAGAIN when something is renamed meanwhile

UniqueFd openat2(int folder, const std::string& path, int flags, mode_t mode) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.mode = mode;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  for (int tries = 1;; ++tries) {
    const long fd = ::syscall(SYS_openat2, folder, path.c_str(), &how, sizeof how);
    if (fd >= 0) {
      return UniqueFd(static_cast<int>(fd));
    }
    if ((errno != EAGAIN && errno != EINTR) || tries == kTriesMax) {
      return {};
    }
  }
}

/// Whether the kernel has openat2 and lets us: some sandboxes answer EPERM to what they do not know.
bool has_openat2() {
  static const bool has = static_cast<bool>(openat2(AT_FDCWD, ".", O_PATH, 0));
  return has;
}

/// Segment by segment, following no link.
UniqueFd open_step_by_step(int folder, const std::string& path, int flags, mode_t mode) {
  UniqueFd so_far;
  const auto segments = split(path, '/');
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const int from = so_far ? so_far.get() : folder;
    const bool last = i + 1 == segments.size();
    const int how = last ? flags : O_PATH | O_DIRECTORY;
    UniqueFd next(::openat(from, std::string(segments[i]).c_str(), how | O_NOFOLLOW | O_CLOEXEC, mode));
    if (!next) {
      return {};
    }
    so_far = std::move(next);
  }
  return so_far;
}

}  // namespace

UniqueFd open_beneath(int folder, const std::string& path, int flags, mode_t mode) {
  return has_openat2() ? openat2(folder, path, flags, mode) : open_step_by_step(folder, path, flags, mode);
}

}  // namespace peko::code
