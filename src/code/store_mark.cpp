#include "code/store_mark.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <thread>

#include "base/file.hpp"
#include "base/random.hpp"
#include "code/beneath.hpp"
#include "code/file_write.hpp"

namespace peko::code {
namespace {

constexpr const char* kFolder = ".peko";
constexpr const char* kName = "store";
constexpr const char* kPath = ".peko/store";
constexpr std::size_t kMarkBytes = 32;

Result<std::string> read_whole(int file) {
  std::array<char, kMarkBytes + 1> mark{};
  ssize_t got = 0;
  do {
    got = ::pread(file, mark.data(), mark.size(), 0);
  } while (got < 0 && errno == EINTR);
  if (got < 0) {
    return fail(file_error("reading", kPath, errno));
  }
  if (got != static_cast<ssize_t>(kMarkBytes)) {
    return fail(Code::Invalid, fmt::format("{} is damaged: remove it, the next deploy makes a new one", kPath));
  }
  return std::string(mark.data(), kMarkBytes);
}

/// Makes the mark as a whole. 0, also when another writer was faster, or an errno.
int make_mark(int root) {
  if (::mkdirat(root, kFolder, 0777) != 0 && errno != EEXIST) {
    return errno;
  }
  const UniqueFd folder = open_beneath(root, kFolder, O_RDONLY | O_DIRECTORY);
  if (!folder) {
    return errno;
  }
  TemporaryFile file(folder.get());
  if (!file) {
    return errno;
  }
  std::array<std::byte, kMarkBytes / 2> luck{};
  fill_secure(luck);
  std::string mark;
  for (const std::byte b : luck) {
    mark += fmt::format("{:02x}", static_cast<unsigned>(b));
  }
  int number = write_all(file.fd(), mark);
  if (number == 0 && ::fsync(file.fd()) != 0) {
    number = errno;
  }
  if (number == 0) {
    number = file.take(kName);
  }
  return number == EEXIST ? 0 : number;
}

Result<UniqueFd> open_to_lock(int root) {
  UniqueFd file = open_beneath(root, kPath, O_RDWR | O_NONBLOCK);
  if (!file && errno == ENOENT) {
    if (const int number = make_mark(root); number != 0) {
      return fail(file_error("making", kPath, number));
    }
    file = open_beneath(root, kPath, O_RDWR | O_NONBLOCK);
  }
  if (!file) {
    return fail(file_error("opening (to lock the store)", kPath, errno));
  }
  struct stat about{};
  if (::fstat(file.get(), &about) != 0) {
    return fail(file_error("looking at", kPath, errno));
  }
  if (!S_ISREG(about.st_mode)) {
    return fail(Code::Denied, fmt::format("{} is not a regular file: remove it", kPath));
  }
  return file;
}

}  // namespace

Result<std::string> read_mark(int root) {
  const UniqueFd file = open_beneath(root, kPath, O_RDONLY | O_NONBLOCK);
  if (!file) {
    return errno == ENOENT ? Result<std::string>(std::string()) : fail(file_error("opening", kPath, errno));
  }
  return read_whole(file.get());
}

Result<UniqueFd> lock_mark(int root, std::chrono::milliseconds patience) {
  using std::chrono::milliseconds;
  Result<UniqueFd> file = open_to_lock(root);
  if (!file) {
    return file;
  }
  // A lock of the open file, not of the process: another thread's close does not end it.
  struct flock whole{};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  milliseconds pause{1};
  for (milliseconds waited{0}; ::fcntl(file->get(), F_OFD_SETLK, &whole) != 0;) {
    if (errno == EINTR) {
      continue;
    }
    if (errno != EAGAIN && errno != EACCES) {
      return fail(Code::Denied, fmt::format("locking {}: {}; a store that is written needs a file system with locks "
                                            "(NFS: version 4, without the option nolock or local_lock)",
                                            kPath, file_error("", "", errno).message));
    }
    if (waited >= patience) {
      return fail(Code::Unavailable, fmt::format("another process has locked {} for more than {} ms: try again, and "
                                                 "when it lasts, look for a peko that hangs",
                                                 kPath, patience.count()));
    }
    std::this_thread::sleep_for(pause);  // tidy: nothing tells when a lock of another machine is free
    waited += pause;
    pause = std::min(pause * 2, milliseconds{20});
  }
  // Some file systems grant every lock. Better no deploy than one that overwrites another.
  const Result<UniqueFd> second = open_to_lock(root);
  if (!second) {
    return fail(second.error());
  }
  if (::fcntl(second->get(), F_OFD_SETLK, &whole) == 0) {
    return fail(Code::Denied,
                fmt::format("the file system grants two locks on {} at once: a store that is written needs "
                            "one whose locks hold (a local disk, NFS 4)",
                            kPath));
  }
  return file;
}

}  // namespace peko::code
