#include "code/cache_space.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "base/unique_fd.hpp"

namespace peko::code {
namespace {

namespace fs = std::filesystem;

/// What most file systems take for a file: whole blocks.
std::uint64_t on_disk(std::uint64_t bytes) { return (bytes + 4095) & ~std::uint64_t{4095}; }

struct Entry {
  std::int64_t last_use = 0;  ///< nanoseconds
  std::uint64_t bytes = 0;
  std::string path;  ///< below the root
};

/// Whether a file is one of ours: a hash, with or without what we call such a file.
bool is_entry(std::string_view name) {
  const std::string_view hash = name.substr(0, 64);
  const std::string_view rest = name.substr(hash.size());
  return hash.size() == 64 && hash.find_first_not_of("0123456789abcdef") == std::string_view::npos &&
         (rest.empty() || rest == ".wasm" || rest == ".cwasm");
}

/// Adds the entries of one folder. One that is gone meanwhile, by whoever, is no entry.
void count_folder(const fs::path& root, const std::string& folder, std::vector<Entry>& entries) {
  std::error_code error;
  for (fs::directory_iterator at(root / folder, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    struct stat about{};
    if (is_entry(name) && ::lstat(at->path().c_str(), &about) == 0 && S_ISREG(about.st_mode)) {
      entries.push_back({.last_use = about.st_mtim.tv_sec * 1'000'000'000 + about.st_mtim.tv_nsec,
                         .bytes = on_disk(static_cast<std::uint64_t>(about.st_size)),
                         .path = fmt::format("{}/{}", folder, name)});
    }
  }
}

std::vector<Entry> count(const fs::path& root) {
  std::vector<Entry> entries;
  count_folder(root, "assets", entries);
  count_folder(root, "components", entries);
  for (const std::string parent : {"artifacts", "remembered"}) {
    std::error_code error;
    for (fs::directory_iterator at(root / parent, error), end; !error && at != end; at.increment(error)) {
      if (at->is_directory(error)) {
        count_folder(root, parent + '/' + at->path().filename().string(), entries);
      }
    }
  }
  return entries;
}

}  // namespace

CacheSpace::CacheSpace(fs::path root, std::uint64_t bytes_max)
    : root_(std::move(root)), bytes_max_(bytes_max), since_measured_(bytes_max) {}

void CacheSpace::added(const fs::path& entry, std::uint64_t bytes) {
  const std::uint64_t more = on_disk(bytes);
  const bool full = used_.fetch_add(more) + more > bytes_max_;
  const bool due = since_measured_.fetch_add(more) + more > bytes_max_ / 16;
  if (full || due) {
    measure(entry);
  }
}

void CacheSpace::measure(const fs::path& newest) {
  const std::unique_lock one(measuring_, std::try_to_lock);
  if (!one) {
    return;
  }
  const fs::path path = root_ / "lock";
  const UniqueFd lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock || ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    return;  // Another process is at it.
  }
  const std::uint64_t believed = used_.load();
  since_measured_ = 0;
  std::vector<Entry> entries = count(root_);
  std::uint64_t used = 0;
  for (const Entry& entry : entries) {
    used += entry.bytes;
  }
  if (used > bytes_max_) {
    const std::string just_kept = newest.string();
    std::ranges::sort(entries, {}, &Entry::last_use);
    for (const Entry& entry : entries) {
      if (used <= bytes_max_ - bytes_max_ / 10) {
        break;
      }
      if (entry.path != just_kept && ::unlink((root_ / entry.path).c_str()) == 0) {
        used -= entry.bytes;
      }
    }
  }
  used_ += used - believed;  // what others have added meanwhile stays added
}

}  // namespace peko::code
