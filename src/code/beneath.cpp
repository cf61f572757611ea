#include "code/beneath.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
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

bool is_link(int folder, const std::string& name) {
  struct stat about{};
  return ::fstatat(folder, name.c_str(), &about, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) == 0 && S_ISLNK(about.st_mode);
}

UniqueFd failed(int number) {
  errno = number;
  return {};
}

/// Segment by segment, following no link.
UniqueFd open_step_by_step(int folder, const std::string& path, int flags, mode_t mode) {
  UniqueFd so_far;
  const auto segments = split(path, '/');
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const std::string segment(segments[i]);
    if (segment == ".." || path.starts_with('/')) return failed(EXDEV);
    const int from = so_far ? so_far.get() : folder;
    const bool last = i + 1 == segments.size();
    const int how = last ? flags : O_PATH | O_DIRECTORY;
    UniqueFd next(::openat(from, segment.c_str(), how | O_NOFOLLOW | O_CLOEXEC, mode));
    if (!next) return failed(errno == ENOTDIR && is_link(from, segment) ? ELOOP : errno);
    if ((how & O_PATH) != 0 && is_link(next.get(), "")) return failed(ELOOP);
    so_far = std::move(next);
  }
  return so_far;
}

}  // namespace

// ENOSYS: the kernel has no openat2. EPERM: so some sandboxes answer what they do not know.
UniqueFd open_beneath(int folder, const std::string& path, int flags, mode_t mode) {
  UniqueFd fd = openat2(folder, path, flags, mode);
  const bool may_not = !fd && (errno == ENOSYS || errno == EPERM);
  return may_not ? open_step_by_step(folder, path, flags, mode) : std::move(fd);
}

}  // namespace peko::code
