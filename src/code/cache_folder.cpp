#include "code/cache_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <string>
#include <system_error>
#include <utility>

#include "base/file.hpp"
#include "base/text.hpp"

namespace peko::code {
namespace {

namespace fs = std::filesystem;

/// Last use is known to this.
constexpr std::time_t kUseSeconds = 3600;

/// Locks `<root>/tmp` itself: shared while a temporary file gets its own lock, exclusive to look for files without one.
UniqueFd lock_temporaries(const fs::path& folder, int how) {
  UniqueFd held(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (held && ::flock(held.get(), how) != 0) {
    held.close();
  }
  return held;
}

/// Removes what processes left that were killed while they wrote: whoever writes holds a lock of its file. When the
/// folder is in use just now, or on a read-only disk, it stays as it is.
void remove_leftovers(const fs::path& folder) {
  const UniqueFd held = lock_temporaries(folder, LOCK_EX | LOCK_NB);
  if (!held) {
    return;
  }
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const UniqueFd file(::open(at->path().c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (file && ::flock(file.get(), LOCK_EX | LOCK_NB) == 0) {
      ::unlink(at->path().c_str());
    }
  }
}

/// A temporary file that is removed unless it got another name.
class Temporary {
 public:
  explicit Temporary(const fs::path& folder) : name_((folder / "XXXXXX").string()) {
    // A disk without locks (some network file systems) only loses the tidying up.
    const UniqueFd held = lock_temporaries(folder, LOCK_SH);
    file_ = UniqueFd(::mkostemp(name_.data(), O_CLOEXEC));  // 0600
    if (!file_) {
      error_ = errno;
    } else {
      ::flock(file_.get(), LOCK_EX | LOCK_NB);
    }
  }
  ~Temporary() {
    if (file_) {
      ::unlink(name_.c_str());
    }
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;

  /// 0, or the errno of creating it, writing it or giving it its name.
  int become(const fs::path& target, std::span<const std::string_view> pieces, CacheFolder::Durable durable) {
    if (!file_) {
      return error_;
    }
    for (const std::string_view piece : pieces) {
      if (const int number = write_all(file_.get(), piece); number != 0) {
        return number;
      }
    }
    if ((durable == CacheFolder::Durable::Yes && ::fsync(file_.get()) != 0) ||
        ::rename(name_.c_str(), target.c_str()) != 0) {
      return errno;
    }
    file_.close();
    return 0;
  }

 private:
  std::string name_;
  UniqueFd file_;
  int error_ = 0;
};

}  // namespace

Result<std::unique_ptr<CacheFolder>> CacheFolder::open(const fs::path& root, std::uint64_t bytes_max) {
  for (const char* folder : {"assets", "components", "artifacts", "remembered", "tmp"}) {
    if (Status made = create_private_directories(root / folder); !made) {
      // A file in the way is the operator's to remove: nobody competes for the folder.
      const Code code = made.error().code == Code::Conflict ? Code::Invalid : made.error().code;
      return fail(code, std::move(made.error().message));
    }
  }
  remove_leftovers(root / "tmp");
  return std::unique_ptr<CacheFolder>(new CacheFolder(root, bytes_max));
}

Result<std::optional<OpenFile>> CacheFolder::find(const fs::path& entry) const {
  Result<OpenFile> file = open_own(root_ / entry);
  if (!file) {
    return file.error().code == Code::NotFound ? Result<std::optional<OpenFile>>(std::nullopt) : fail(file.error());
  }
  // Also one from the future: a clock that was set back must not keep it for ever.
  if (std::abs(std::time(nullptr) - file->about.st_mtim.tv_sec) > kUseSeconds) {
    const timespec now[] = {{.tv_sec = 0, .tv_nsec = UTIME_OMIT}, {.tv_sec = 0, .tv_nsec = UTIME_NOW}};
    ::futimens(file->fd.get(), now);  // fails on a read-only disk, where nothing is removed either
  }
  return std::move(*file);
}

Status CacheFolder::keep(const fs::path& entry, std::span<const std::string_view> pieces, Durable durable) {
  std::uint64_t bytes = 0;
  for (const std::string_view piece : pieces) {
    bytes += piece.size();
  }
  const fs::path target = root_ / entry;
  if (bytes > space_.bytes_max()) {
    return fail(Code::Invalid, fmt::format("{} would have {}, more than the whole cache may ({}): raise cache_mb",
                                           target.string(), human_bytes(bytes), human_bytes(space_.bytes_max())));
  }
  for (const fs::path& folder : {root_ / "tmp", target.parent_path()}) {
    if (Status made = create_private_directories(folder); !made) {
      return made;
    }
  }
  if (const int number = Temporary(root_ / "tmp").become(target, pieces, durable); number != 0) {
    return fail(file_error("writing", target, number));
  }
  space_.added(entry, bytes);
  return {};
}

}  // namespace peko::code
