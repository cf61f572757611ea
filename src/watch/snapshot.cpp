#include "watch/snapshot.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/file.hpp"

namespace peko::watch {
namespace {

namespace fs = std::filesystem;

std::int64_t nanoseconds(const timespec& time) { return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec; }

}  // namespace

/// One look at the disk.
class Snapshot::Walk {
 public:
  Walk(const Scope& scope, const Snapshot& before, Snapshot& found) : scope_(scope), before_(before), found_(found) {}

  void root(const fs::path& path) {
    struct stat about{};
    const bool there = ::stat(path.c_str(), &about) == 0;
    if (there && S_ISDIR(about.st_mode)) return folder(path, about);
    if (there) file(path, about);
    // It shows in its folder when it is replaced, or made after all.
    std::error_code ignored;
    fs::path above = path.parent_path();
    while (!fs::is_directory(above, ignored) && above != above.parent_path()) above = above.parent_path();
    found_.folders_.insert(std::move(above));
  }

 private:
  void folder(const fs::path& path, const struct stat& about) {
    if (is_excepted(path) || !visited_.emplace(about.st_dev, about.st_ino).second) return;  // a link may lead to itself
    found_.folders_.insert(path);
    std::error_code error;
    fs::directory_iterator at(path, fs::directory_options::skip_permission_denied, error);
    for (; !error && at != fs::directory_iterator(); at.increment(error)) {
      if (found_.files_.size() >= kFilesMax) return;
      const fs::path& entry = at->path();
      if (is_ignored(entry.filename().native())) continue;
      struct stat inner{};
      if (::stat(entry.c_str(), &inner) != 0) continue;
      if (S_ISDIR(inner.st_mode)) {
        folder(entry, inner);
      } else if (!is_excepted(entry)) {
        file(entry, inner);
      }
    }
  }

  void file(const fs::path& path, const struct stat& about) {
    if (!S_ISREG(about.st_mode)) return;
    File now{.stamp = {.modified_ns = nanoseconds(about.st_mtim),
                       .changed_ns = nanoseconds(about.st_ctim),
                       .inode = about.st_ino,
                       .bytes = static_cast<std::uint64_t>(about.st_size)},
             .content = {}};
    if (const auto known = before_.files_.find(path);
        known != before_.files_.end() && known->second.stamp == now.stamp) {
      now.content = known->second.content;
    } else if (now.stamp.bytes <= kContentBytesMax) {
      if (const Result<std::string> bytes = read_file(path, kContentBytesMax)) now.content = sha256(*bytes);
    }
    found_.files_.insert_or_assign(path, now);
  }

  [[nodiscard]] bool is_excepted(const fs::path& path) const {
    return std::ranges::find(scope_.except, path) != scope_.except.end();
  }

  const Scope& scope_;
  const Snapshot& before_;
  Snapshot& found_;
  std::set<std::pair<dev_t, ino_t>> visited_;
};

Snapshot Snapshot::of(const Scope& scope, const Snapshot& before) {
  Snapshot found;
  Walk walk(scope, before, found);
  for (const fs::path& root : scope.roots) walk.root(root);
  return found;
}

std::vector<fs::path> Snapshot::changes_since(const Snapshot& before, By by) const {
  const auto same = [by](const File& a, const File& b) {
    if (a.stamp == b.stamp) return true;
    return by == By::Content && a.content && a.content == b.content;
  };
  std::vector<fs::path> changes;
  for (const auto& [path, now] : files_) {
    const auto then = before.files_.find(path);
    if (then == before.files_.end() || !same(then->second, now)) changes.push_back(path);
  }
  for (const auto& [path, then] : before.files_) {
    if (!files_.contains(path)) changes.push_back(path);
  }
  std::ranges::sort(changes);
  return changes;
}

std::optional<fs::file_time_type> Snapshot::newest() const {
  const auto newest =
      std::ranges::max_element(files_, {}, [](const auto& each) { return each.second.stamp.modified_ns; });
  if (newest == files_.end()) return std::nullopt;
  std::error_code gone;
  const fs::file_time_type time = fs::last_write_time(newest->first, gone);
  return gone ? std::nullopt : std::optional(time);
}

void Snapshot::adopt(const Snapshot& other, const std::vector<fs::path>& files) {
  for (const fs::path& file : files) {
    if (const auto there = other.files_.find(file); there != other.files_.end()) {
      files_.insert_or_assign(file, there->second);
    } else {
      files_.erase(file);
    }
  }
}

}  // namespace peko::watch
