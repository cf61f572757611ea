#include "code/file_write.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "base/assert.hpp"
#include "base/file.hpp"
#include "base/random.hpp"
#include "code/file_listing.hpp"

namespace peko::code {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{1} << 20;
constexpr long kNanosecondsPerSecond = 1'000'000'000;
constexpr long kLuckNanoseconds = 1'000'000;  // a millisecond: nobody minds, and 20 bits of luck
constexpr time_t kCoarsestSeconds = 2;        // FAT's dates

/// For people who find one: who wrote it.
std::string temporary_name(Random& random) {
  std::array<char, 33> host{};
  ::gethostname(host.data(), host.size() - 1);
  std::string name = fmt::format("{}{}-{}-{:016x}", kTemporaryPrefix, host.data(), ::getpid(), random());
  for (char& c : name) {
    if (c == '/') {
      c = '_';
    }
  }
  return name;
}

timespec later(timespec time, long nanoseconds) {
  time.tv_nsec += nanoseconds;
  if (time.tv_nsec >= kNanosecondsPerSecond) {
    time.tv_nsec -= kNanosecondsPerSecond;
    ++time.tv_sec;
  }
  return time;
}

bool is_after(const timespec& a, const timespec& b) {
  return a.tv_sec != b.tv_sec ? a.tv_sec > b.tv_sec : a.tv_nsec > b.tv_nsec;
}

/// Sets the time of the last write and tells what became of it. 0, or an errno.
int set_written(int file, timespec& written) {
  const std::array<timespec, 2> times{timespec{.tv_sec = 0, .tv_nsec = UTIME_OMIT}, written};
  struct stat about{};
  if (::futimens(file, times.data()) != 0 || ::fstat(file, &about) != 0) {
    return errno;
  }
  written = about.st_mtim;
  return 0;
}

}  // namespace

TemporaryFile::TemporaryFile(int folder) : folder_(folder) {
  Random random = Random::from_entropy();
  int file = -1;
  do {
    name_ = temporary_name(random);
    file = ::openat(folder_, name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);  // and umask
  } while (file < 0 && errno == EEXIST);
  file_ = UniqueFd(file);
}

TemporaryFile::~TemporaryFile() {
  if (file_ && !name_.empty()) {
    ::unlinkat(folder_, name_.c_str(), 0);
  }
}

int TemporaryFile::date(const timespec& before) {
  struct stat about{};
  if (::fstat(fd(), &about) != 0) {
    return errno;
  }
  // The file system's clock, which all machines share, and not ours.
  timespec written = about.st_mtim;
  if (!is_after(written, before)) {
    written = before;
  }
  Random random = Random::from_entropy();
  written = later(written, 1 + static_cast<long>(random() % kLuckNanoseconds));
  if (const int number = set_written(fd(), written); number != 0) {
    return number;
  }
  if (is_after(written, before)) {
    return 0;
  }
  written = {.tv_sec = before.tv_sec + kCoarsestSeconds, .tv_nsec = 0};
  if (const int number = set_written(fd(), written); number != 0) {
    return number;
  }
  return is_after(written, before) ? 0 : EOVERFLOW;
}

int TemporaryFile::replace(const std::string& name) {
  if (::renameat(folder_, name_.c_str(), folder_, name.c_str()) != 0) {
    return errno;
  }
  name_.clear();
  return 0;
}

int TemporaryFile::take(const std::string& name) {
  if (::renameat2(folder_, name_.c_str(), folder_, name.c_str(), RENAME_NOREPLACE) == 0) {
    name_.clear();
    return 0;
  }
  if (errno != EINVAL && errno != ENOSYS) {
    return errno;
  }
  // NFS has no such rename, but its link never replaces either. When the answer to a link got lost and it was sent
  // again, it says EEXIST of our own link.
  if (::linkat(folder_, name_.c_str(), folder_, name.c_str(), 0) != 0) {
    const int number = errno;
    struct stat about{};
    if (number != EEXIST || ::fstat(fd(), &about) != 0 || about.st_nlink != 2) {
      return number;
    }
  }
  ::unlinkat(folder_, name_.c_str(), 0);
  name_.clear();
  return 0;
}

Status copy_to_disk(ByteSource& source, int file, int& failure) {
  const auto disk_failed = [&failure](int number) {
    failure = number;
    return fail(Code::Unavailable, "the disk failed");
  };
  const std::uint64_t size = source.size();
  for (std::uint64_t done = 0; done < size;) {
    const Result<std::string_view> piece = source.read(done, kPieceBytes);
    if (!piece) {
      return fail(piece.error());
    }
    PEKO_ASSERT(!piece->empty() && piece->size() <= size - done, "a source gives as many bytes as it says");
    if (const int number = write_all(file, *piece); number != 0) {
      return disk_failed(number);
    }
    done += piece->size();
  }
  return ::fsync(file) == 0 ? Status() : disk_failed(errno);
}

}  // namespace peko::code
