#include "doctor/data_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "base/unique_fd.hpp"
#include "doctor/folders.hpp"

namespace peko::doctor {
namespace {

namespace fs = std::filesystem;

/// The index of a write-ahead log has this many bytes at first (SQLite, WAL-mode File Format).
constexpr std::size_t kSharedBytes = 32768;

/// An empty file that goes with its descriptor.
UniqueFd nameless_file(const fs::path& folder) {
  UniqueFd file(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (file) return file;
  std::string name = folder / ".peko-doctor-XXXXXX";
  UniqueFd named(::mkostemp(name.data(), O_CLOEXEC));
  if (named) ::unlink(name.c_str());
  return named;
}

std::unexpected<Error> without(std::string_view what) {
  return fail(Code::Unsupported, fmt::format("{}: {}", what, std::generic_category().message(errno)));
}

}  // namespace

std::string_view unfit_for_databases(std::uint64_t type) {
  constexpr std::uint64_t kCeph = 0x00c36400;
  constexpr std::uint64_t kCifs = 0xff534d42;
  constexpr std::uint64_t kSmb2 = 0xfe534d42;
  switch (type) {
    case NFS_SUPER_MAGIC:
    case SMB_SUPER_MAGIC:
    case AFS_SUPER_MAGIC:
    case V9FS_MAGIC:
    case kCeph:
    case kCifs:
    case kSmb2: return "a network file system, which does not keep SQLite's files whole";
    case TMPFS_MAGIC:
    case RAMFS_MAGIC: return "in memory: all of it is gone when the machine restarts";
    default: return {};
  }
}

Status try_as_database(int fd) {
  if (::ftruncate(fd, kSharedBytes) != 0) return without("it cannot be written");
  struct flock lock{.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1, .l_pid = 0};
  if (::fcntl(fd, F_SETLK, &lock) != 0) return without("its file system does not lock files");
  void* const memory = ::mmap(nullptr, kSharedBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) return without("its file system does not share memory between processes");
  *static_cast<char*>(memory) = 1;
  ::munmap(memory, kSharedBytes);
  if (::fsync(fd) != 0) return without("its file system does not flush files");
  return {};
}

Finding check_data_folder(const fs::path& folder, const std::string& elsewhere) {
  Finding finding = check_folder("data", folder, elsewhere, State::Fail);
  if (finding.state == State::Fail) return finding;
  const fs::path there = nearest_existing(folder);
  const UniqueFd file = nameless_file(there);
  const Status works = file ? try_as_database(file.get()) : without("no file can be made in it");
  struct statfs system{};
  if (!works) {
    finding.state = State::Fail;
    finding.detail += "; " + works.error().message;
  } else if (::statfs(there.c_str(), &system) == 0) {
    const std::string_view why = unfit_for_databases(static_cast<std::uint32_t>(system.f_type));
    if (why.empty()) return finding;
    finding.state = State::Warn;
    finding.detail += fmt::format("; it is {}", why);
  }
  finding.fix = "a disk of this machine: " + elsewhere;
  return finding;
}

}  // namespace peko::doctor
