#include "code/file_listing.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/vfs.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "base/file.hpp"
#include "base/unique_fd.hpp"
#include "code/beneath.hpp"

namespace peko::code {
namespace {

constexpr std::chrono::hours kTemporaryAgeMax{24};  // longer than any upload takes

std::chrono::system_clock::time_point to_time(const timespec& time) {
  return std::chrono::system_clock::time_point(std::chrono::duration_cast<std::chrono::system_clock::duration>(
      std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec)));
}

/// What a name in a folder may be for a listing.
enum class Kind : std::uint8_t { File, Folder, Other };

Kind kind_of(mode_t mode) { return S_ISREG(mode) ? Kind::File : S_ISDIR(mode) ? Kind::Folder : Kind::Other; }

/// Whether something that was there is gone: it was removed or replaced while we looked.
bool is_gone(int number) { return number == ENOENT || number == ENOTDIR; }

std::unexpected<Error> listing_error(const std::string& path) {
  return fail(file_error("listing", path.empty() ? "." : path, errno));
}

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};
using OpenFolder = std::unique_ptr<DIR, CloseFolder>;

/// One call of list_folder.
class Listing {
 public:
  Listing(int root, std::string_view prefix, std::string_view after, std::size_t count,
          std::chrono::system_clock::time_point now)
      : root_(root), prefix_(prefix), after_(after), count_(count), now_(now) {}

  Result<ObjectPage> run() {
    const std::size_t slash = prefix_.rfind('/');
    if (Status walked = walk(slash == std::string_view::npos ? "" : std::string(prefix_.substr(0, slash + 1)));
        !walked) {
      return fail(std::move(walked.error()));
    }
    return std::move(page_);
  }

 private:
  using Identity = std::pair<dev_t, ino_t>;

  /// Adds what is wanted of a folder; `path` ends with '/' or is empty for the root.
  Status walk(const std::string& path) {
    const std::string folder_path = path.empty() ? "." : path.substr(0, path.size() - 1);
    UniqueFd fd = open_beneath(root_, folder_path, O_RDONLY | O_DIRECTORY);
    if (!fd) {
      return is_gone(errno) || is_outside(errno) ? Status() : listing_error(path);
    }
    struct stat about{};
    if (errno = look_afresh(fd.get(), about); errno != 0) {
      return is_gone(errno) ? Status() : listing_error(path);
    }
    const Identity identity(about.st_dev, about.st_ino);
    if (std::ranges::find(above_, identity) != above_.end()) {
      return {};  // A link to a folder above: it would have no end.
    }
    const OpenFolder folder(::fdopendir(fd.get()));
    if (!folder) {
      return listing_error(path);
    }
    const int handle = fd.release();  // closed with the folder
    auto names = read_names(*folder, handle, path);
    if (!names) {
      return fail(std::move(names.error()));
    }
    above_.push_back(identity);
    Status added = add(*names, handle, path);
    above_.pop_back();
    return added;
  }

  /// The names of a folder that may lead to wanted keys, those of folders with '/' at the end, in the order of keys.
  Result<std::vector<std::string>> read_names(DIR& folder, int handle, const std::string& path) {
    std::vector<std::string> names;
    std::string key = path;
    for (;;) {
      errno = 0;
      const dirent* entry = ::readdir(&folder);
      if (entry == nullptr) {
        if (errno != 0) {
          return listing_error(path);
        }
        break;
      }
      const std::string_view name = static_cast<const char*>(entry->d_name);
      if (name.starts_with(kTemporaryPrefix)) {
        remove_when_old(handle, std::string(name));
      }
      if (!is_key_segment(name) || path.size() + name.size() > kKeyBytesMax) {
        continue;
      }
      key.resize(path.size());
      key += name;
      const Result<Kind> kind = kind_of_entry(*entry, handle, key);
      if (!kind) {
        return fail(kind.error());
      }
      if (*kind == Kind::Folder) {
        key += '/';
      }
      if (*kind != Kind::Other && is_wanted(key, *kind)) {
        names.emplace_back(key, path.size());
      }
    }
    std::ranges::sort(names);
    return names;
  }

  Result<Kind> kind_of_entry(const dirent& entry, int handle, const std::string& key) {
    switch (entry.d_type) {
      case DT_REG: return Kind::File;
      case DT_DIR: return Kind::Folder;
      case DT_LNK:
      case DT_UNKNOWN: break;
      default: return Kind::Other;
    }
    struct stat about{};
    if (::fstatat(handle, static_cast<const char*>(entry.d_name), &about, AT_SYMLINK_NOFOLLOW) != 0) {
      return is_gone(errno) ? Result<Kind>(Kind::Other) : fail(file_error("looking at", key, errno));
    }
    if (!S_ISLNK(about.st_mode)) {
      return kind_of(about.st_mode);
    }
    const Result<std::optional<struct stat>> target = follow(key);
    if (!target) {
      return fail(target.error());
    }
    return *target ? kind_of((*target)->st_mode) : Kind::Other;
  }

  /// What a link leads to; nothing when that is outside or not there.
  Result<std::optional<struct stat>> follow(const std::string& key) const {
    const UniqueFd file = open_beneath(root_, key, O_PATH);
    struct stat about{};
    if (file && ::fstat(file.get(), &about) == 0) {
      return about;
    }
    return is_gone(errno) || is_outside(errno) ? Result<std::optional<struct stat>>(std::nullopt)
                                               : fail(file_error("looking at", key, errno));
  }

  static bool is_outside(int number) { return number == EXDEV || number == ELOOP; }

  /// Whether a file's key, or any key in a folder, belongs to the page or to one behind it.
  [[nodiscard]] bool is_wanted(std::string_view key, Kind kind) const {
    if (kind == Kind::File) {
      return key.starts_with(prefix_) && key > after_;
    }
    return (key.starts_with(prefix_) || prefix_.starts_with(key)) && (key > after_ || after_.starts_with(key));
  }

  Status add(const std::vector<std::string>& names, int handle, const std::string& path) {
    for (const std::string& name : names) {
      if (!page_.next.empty()) {
        return {};
      }
      if (Status added = name.back() == '/' ? walk(path + name) : add_file(handle, name, path + name); !added) {
        return added;
      }
    }
    return {};
  }

  Status add_file(int handle, const std::string& name, std::string key) {
    struct stat about{};
    for (int tries = 1; ::fstatat(handle, name.c_str(), &about, AT_SYMLINK_NOFOLLOW) != 0; ++tries) {
      if (!is_gone(errno)) {
        return fail(file_error("looking at", key, errno));
      }
      if (!may_be_there(handle, tries)) {
        return {};
      }
    }
    if (S_ISLNK(about.st_mode)) {
      const Result<std::optional<struct stat>> target = follow(key);
      if (!target) {
        return fail(target.error());
      }
      about = target->value_or(about);
    }
    if (!S_ISREG(about.st_mode)) {
      return {};
    }
    if (page_.objects.size() == count_) {
      page_.next = page_.objects.back().key;
      return {};
    }
    page_.objects.push_back(object_info(std::move(key), about));
    return {};
  }

  /// Removes what a writer left that was killed. Where we may not, it stays.
  void remove_when_old(int handle, const std::string& name) const {
    struct stat about{};
    if (::fstatat(handle, name.c_str(), &about, AT_SYMLINK_NOFOLLOW) == 0 &&
        to_time(about.st_mtim) + kTemporaryAgeMax < now_) {
      ::unlinkat(handle, name.c_str(), 0);
    }
  }

  const int root_;
  const std::string_view prefix_;
  const std::string_view after_;
  const std::size_t count_;
  const std::chrono::system_clock::time_point now_;
  ObjectPage page_;
  std::vector<Identity> above_;  ///< the folders that we are in
};

}  // namespace

int look_afresh(int fd, struct stat& about) {
  struct statx fresh{};
  if (::statx(fd, "", AT_EMPTY_PATH | AT_STATX_FORCE_SYNC, STATX_BASIC_STATS, &fresh) != 0) {
    return errno;
  }
  return ::fstat(fd, &about) == 0 ? 0 : errno;
}

bool may_be_there(int folder, int tries) {
  constexpr int kTriesMax = 10;
  struct statfs about{};
  if (tries >= kTriesMax || ::fstatfs(folder, &about) != 0 || about.f_type != FUSE_SUPER_MAGIC) {
    return false;
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(2));  // tidy: nothing tells when the file is replaced
  return true;
}

ObjectInfo object_info(std::string key, const struct stat& file) {
  return {.key = std::move(key),
          .size = static_cast<std::uint64_t>(file.st_size),
          .modified = to_time(file.st_mtim),
          .etag = fmt::format("{:x}.{:x}-{:x}.{:x}-{:x}", file.st_mtim.tv_sec, file.st_mtim.tv_nsec,
                              file.st_ctim.tv_sec, file.st_ctim.tv_nsec, file.st_size)};
}

Result<ObjectPage> list_folder(int root, std::string_view prefix, std::string_view after, std::size_t count,
                               std::chrono::system_clock::time_point now) {
  return Listing(root, prefix, after, count, now).run();
}

}  // namespace peko::code
