#include "base/file.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "base/text.hpp"
#include "base/unique_fd.hpp"

namespace peko {
namespace {

Code code_of(int number) {
  switch (number) {
    case ENOENT:
    case ENOTDIR: return Code::NotFound;
    case EACCES:
    case EPERM:
    case EROFS: return Code::Denied;
    case EEXIST: return Code::Conflict;
    case EISDIR:
    case ENAMETOOLONG:
    case ELOOP:
    case EINVAL: return Code::Invalid;
    default: return Code::Unavailable;
  }
}

// The next bytes of `fd`, 0 at its end; -1 with errno.
ssize_t read_some(int fd, char* to, std::size_t size) {
  for (;;) {
    const ssize_t n = ::read(fd, to, size);
    if (n >= 0 || errno != EINTR) return n;
  }
}

// 0, or an errno. The folder's entry is what a crash could lose after a rename.
int sync_folder_of(const std::filesystem::path& path) {
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return errno;
  // Some network file systems cannot sync a folder, and say so.
  return ::fsync(fd.get()) == 0 || errno == EINVAL ? 0 : errno;
}

}  // namespace

int write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return 0;
}

Error file_error(std::string_view doing, const std::filesystem::path& path, int number) {
  return Error{code_of(number),
               fmt::format("{} {}: {}", doing, path.string(), std::generic_category().message(number))};
}

// Refuses what is no file: a folder reads as EISDIR, a pipe or device could block for ever.
Result<UniqueFd> open_to_read(const std::filesystem::path& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return fail(file_error("opening", path, errno));
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0) return fail(file_error("looking at", path, errno));
  if (S_ISDIR(status.st_mode)) return fail(file_error("reading", path, EISDIR));
  if (!S_ISREG(status.st_mode))
    return fail(Code::Invalid, fmt::format("reading {}: not a regular file", path.string()));
  return fd;
}

Result<std::string> read_file(const std::filesystem::path& path, std::size_t bytes_max) {
  const auto fd = open_to_read(path);
  if (!fd) return fail(fd.error());
  return read_open_file(*fd, path, bytes_max);
}

Result<std::string> read_open_file(const UniqueFd& file, const std::filesystem::path& path, std::size_t bytes_max) {
  const auto too_large = [&] {
    return fail(Code::Invalid, fmt::format("reading {}: larger than {}, the most that is taken here", path.string(),
                                           human_bytes(bytes_max)));
  };
  // By a call that a sandbox permits: fstat is one that can look at any file.
  const off_t end = ::lseek(file.get(), 0, SEEK_END);
  if (end > 0 && ::lseek(file.get(), 0, SEEK_SET) != 0) return fail(file_error("reading", path, errno));
  // The size is a hint: files of /proc say 0 or none, and a file can grow while it is read.
  const auto size = static_cast<std::size_t>(std::max<off_t>(end, 0));
  if (size > bytes_max) return too_large();
  std::string bytes(size, '\0');
  std::size_t used = 0;
  for (;;) {
    if (used == bytes.size()) {
      std::array<char, 4096> more{};
      const ssize_t n = read_some(file.get(), more.data(), more.size());
      if (n < 0) return fail(file_error("reading", path, errno));
      if (n == 0) return bytes;
      bytes.append(more.data(), static_cast<std::size_t>(n));
      used = bytes.size();
      if (used > bytes_max) return too_large();
      continue;
    }
    const ssize_t n = read_some(file.get(), bytes.data() + used, bytes.size() - used);
    if (n < 0) return fail(file_error("reading", path, errno));
    used += static_cast<std::size_t>(n);
    if (n == 0) {
      bytes.resize(used);
      return bytes;
    }
  }
}

Status write_file_atomically(const std::filesystem::path& path, std::string_view bytes, mode_t mode) {
  std::string temporary = path.string() + ".XXXXXX";
  const UniqueFd fd(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd) return fail(file_error("creating a file beside", path, errno));
  int number = write_all(fd.get(), bytes);
  if (number == 0 && ::fchmod(fd.get(), mode) != 0) number = errno;
  if (number == 0 && ::fsync(fd.get()) != 0) number = errno;
  if (number == 0 && ::rename(temporary.c_str(), path.c_str()) != 0) number = errno;
  if (number != 0) {
    ::unlink(temporary.c_str());
    return fail(file_error("writing", path, number));
  }
  number = sync_folder_of(path);
  if (number != 0) return fail(file_error("writing", path, number));
  return {};
}

Status create_private_directories(const std::filesystem::path& path) {
  std::filesystem::path so_far;
  for (const auto& part : path) {
    so_far /= part;
    if (part.empty() || ::mkdir(so_far.c_str(), 0700) == 0) continue;
    const int number = errno;
    // An existing folder may answer EEXIST, or EROFS, EACCES or EPERM where it cannot be written.
    struct stat status{};
    if (::stat(so_far.c_str(), &status) != 0) return fail(file_error("creating the folder", so_far, number));
    if (!S_ISDIR(status.st_mode))
      return fail(Code::Conflict, fmt::format("creating the folder {}: a file is in its place", so_far.string()));
  }
  return {};
}

}  // namespace peko
