#include "code/asset_folder.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string_view>

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "code/asset_path.hpp"
#include "code/beneath.hpp"
#include "code/paths.hpp"

namespace peko::code {
namespace {

constexpr std::size_t kDepthMax = 64;
constexpr int kReadsMax = 3;  // of a file that changes meanwhile
constexpr std::string_view kWellKnown = ".well-known";

bool same_state(const struct stat& a, const struct stat& b) {
  return a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

struct CloseDir {
  void operator()(DIR* folder) const { ::closedir(folder); }
};
using Folder = std::unique_ptr<DIR, CloseDir>;

/// The names in a folder that was just opened; an errno, also when that failed.
std::expected<std::vector<std::string>, int> names_in(UniqueFd fd) {
  if (!fd) return std::unexpected(errno);
  const Folder folder(::fdopendir(fd.get()));
  if (!folder) return std::unexpected(errno);
  (void)fd.release();
  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    const dirent* const entry = ::readdir(folder.get());
    if (entry == nullptr) break;
    const std::string_view name = static_cast<const char*>(entry->d_name);
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) return std::unexpected(errno);
  std::ranges::sort(names);
  return names;
}

/// Whether a list of files, which is JSON, can hold the name.
bool is_utf8(std::string_view text) {
  constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // what stands for bytes that are none
  if (text.find(kReplacement) != std::string_view::npos) return false;
  std::string json;
  append_json_string(json, text);
  return json.find(kReplacement) == std::string::npos;
}

/// A name that may hold anything, for a terminal.
std::string visible(std::string_view name) {
  std::string text;
  append_json_string(text, name);
  return text;
}

/// Collects all files below a folder, within the limits.
class Walk {
 public:
  Walk(int root, const std::filesystem::path& folder, const Function& function)
      : root_(root), folder_(folder), function_(function) {}

  /// `path`: "." or "a/b".
  Status folder(const std::string& path, std::size_t depth) {
    const std::string prefix = path == "." ? "" : path + '/';
    if (depth > kDepthMax) return fail(Code::Invalid, shown(folder_ / prefix) + " lies too deep");
    auto names = names_in(open_beneath(root_, path, O_RDONLY | O_DIRECTORY));
    if (!names) return fail(file_error("listing", shown(folder_ / prefix), names.error()));
    for (const std::string& name : *names) {
      if (name.starts_with('.') && !(prefix.empty() && name == kWellKnown)) continue;
      if (Status done = entry(prefix + name, depth); !done) return done;
    }
    return {};
  }

  std::vector<AssetFolder::File> take() {
    std::ranges::sort(files_, {}, &AssetFolder::File::path);
    return std::move(files_);
  }

 private:
  Status entry(const std::string& path, std::size_t depth) {
    const std::string file = shown(folder_ / path);
    if (Status good = check_asset_path(path); !good) {
      return fail(Code::Invalid,
                  fmt::format("{} cannot be an asset: its path {}", visible(file), good.error().message));
    }
    if (!is_utf8(path))
      return fail(Code::Invalid, visible(file) + " cannot be an asset: its name is not UTF-8 text: rename it");
    struct stat about{};
    if (::fstatat(root_, path.c_str(), &about, AT_SYMLINK_NOFOLLOW) != 0) {
      return errno == ENOENT ? Status() : fail(file_error("looking at", file, errno));  // it was just removed
    }
    if (S_ISDIR(about.st_mode)) return folder(path, depth + 1);
    if (S_ISLNK(about.st_mode)) {
      const UniqueFd target = open_beneath(root_, path, O_PATH);
      if (!target || ::fstat(target.get(), &about) != 0) {
        const bool outside = errno == EXDEV || errno == ELOOP;
        return fail(
            Code::Invalid,
            fmt::format("{} is a link that {}: only files in {} are published. Copy the file, or remove the link", file,
                        outside ? "leads out of the folder" : "leads nowhere", shown(folder_)));
      }
      if (S_ISDIR(about.st_mode)) {
        return fail(Code::Invalid, file + " is a link to a folder: links to files alone are followed");
      }
    }
    if (!S_ISREG(about.st_mode)) return fail(Code::Invalid, file + " is neither a file nor a folder");
    return add(path, file, static_cast<std::uint64_t>(about.st_size));
  }

  Status add(const std::string& path, const std::string& file, std::uint64_t size) {
    if (files_.size() >= function_.asset_files_max) {
      return fail(Code::Invalid, fmt::format("PEKO-ASSETS: {} holds more than the {} files that a version may have "
                                             "(asset_files in [limits])",
                                             shown(folder_), function_.asset_files_max));
    }
    if (size > function_.asset_bytes_max) {
      return fail(Code::Invalid,
                  fmt::format("PEKO-ASSETS: {} has {}, more than the {} that `asset_mb` allows: raise it "
                              "in [limits] of peko.toml, or serve the file from elsewhere",
                              file, human_bytes(size), human_bytes(function_.asset_bytes_max)));
    }
    bytes_ += size;
    if (bytes_ > function_.assets_bytes_max) {
      return fail(Code::Invalid, fmt::format("PEKO-ASSETS: the files in {} have more than the {} that `assets_mb` "
                                             "allows (in [limits] of peko.toml)",
                                             shown(folder_), human_bytes(function_.assets_bytes_max)));
    }
    files_.push_back({.path = path, .size = size});
    return {};
  }

  const int root_;
  const std::filesystem::path& folder_;
  const Function& function_;
  std::vector<AssetFolder::File> files_;
  std::uint64_t bytes_ = 0;
};

}  // namespace

Result<AssetFolder> AssetFolder::open(const std::filesystem::path& folder) {
  UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) {
    if (errno == ENOENT || errno == ENOTDIR) {
      return fail(
          errno == ENOENT ? Code::NotFound : Code::Invalid,
          fmt::format("the folder of static files, {}, {}: make it, let the build make it, or change \"assets\" "
                      "in peko.toml",
                      shown(folder), errno == ENOENT ? "is not there" : "is no folder"));
    }
    return fail(file_error("opening", shown(folder), errno));
  }
  return AssetFolder(folder, std::move(fd));
}

Result<std::vector<AssetFolder::File>> AssetFolder::list(const Function& function) const {
  Walk walk(fd_.get(), folder_, function);
  if (Status done = walk.folder(".", 0); !done) return fail(std::move(done.error()));
  return walk.take();
}

std::string AssetFolder::shown_file(const std::string& path) const { return shown(folder_ / path); }

// Not blocking: a pipe would wait for somebody to write.
Result<AssetFolder::Open> AssetFolder::open_file(const std::string& path) const {
  // What list() leaves out or refuses is not there for those who ask, either.
  if (!check_asset_path(path)) return fail(Code::NotFound, shown_file(path) + " is not there");
  Open file{.fd = open_beneath(fd_.get(), path, O_RDONLY | O_NONBLOCK)};
  if (!file.fd || ::fstat(file.fd.get(), &file.about) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return fail(Code::NotFound, shown_file(path) + " is not there");
    return fail(file_error("opening", shown_file(path), errno));
  }
  if (!S_ISREG(file.about.st_mode)) return fail(Code::NotFound, shown_file(path) + " is no file");
  return file;
}

bool AssetFolder::has(const std::string& path) const { return open_file(path).has_value(); }

Result<std::string> AssetFolder::read_once(const std::string& path, std::uint64_t bytes_max) const {
  const Result<Open> file = open_file(path);
  if (!file) return fail(file.error());
  const auto size = static_cast<std::size_t>(file->about.st_size);
  if (size > bytes_max) {
    return fail(Code::Invalid, fmt::format("PEKO-ASSETS: {} has {}, more than the {} that `asset_mb` allows",
                                           shown_file(path), human_bytes(size), human_bytes(bytes_max)));
  }
  std::string bytes(size, '\0');
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got = ::pread(file->fd.get(), bytes.data() + done, size - done, static_cast<off_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(file_error("reading", shown_file(path), errno));
    if (got == 0) break;  // it has become shorter
    done += static_cast<std::size_t>(got);
  }
  struct stat after{};
  if (done < size || ::fstat(file->fd.get(), &after) != 0 || !same_state(file->about, after)) {
    return fail(Code::Conflict, shown_file(path) + " changes while it is read: wait until the build is done");
  }
  return bytes;
}

Result<std::string> AssetFolder::read(const std::string& path, std::uint64_t bytes_max) const {
  Result<std::string> bytes = read_once(path, bytes_max);
  for (int reads = 1; !bytes && bytes.error().code == Code::Conflict && reads < kReadsMax; ++reads) {
    bytes = read_once(path, bytes_max);
  }
  return bytes;
}

}  // namespace peko::code
