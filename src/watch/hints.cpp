#include "watch/hints.hpp"

#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

namespace peko::watch {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kEvents = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
                                  IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_EXCL_UNLINK;

// File systems that others change too: another machine, or the host of a virtual machine or container. From
// linux/magic.h and the sources of those that are not in it.
constexpr std::array<std::uint32_t, 8> kShared = {
    0x6969,      // NFS
    0x517B,      // SMB
    0xFF534D42,  // CIFS
    0xFE534D42,  // SMB 2
    0x01021997,  // 9P: WSL's drives
    0x65735546,  // FUSE, virtiofs
    0x786F4256,  // VirtualBox
    0x5346414F,  // AFS
};

bool is_shared(const fs::path& folder) {
  struct statfs about{};
  if (::statfs(folder.c_str(), &about) != 0) return true;
  return std::ranges::find(kShared, static_cast<std::uint32_t>(about.f_type)) != kShared.end();
}

// A file that was just opened for writing has nothing in it yet; a link has.
bool is_link(const fs::path& file) {
  struct stat about{};
  return ::lstat(file.c_str(), &about) == 0 && (S_ISLNK(about.st_mode) || about.st_nlink > 1);
}

}  // namespace

Hints::Hints(Use use) : queue_(use == Use::System ? ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC) : -1) {}

void Hints::add(const fs::path& folder) {
  const int watch = ::inotify_add_watch(queue_.get(), folder.c_str(), kEvents);
  if (watch < 0 || is_shared(folder)) unreliable_.insert(folder);
  if (watch < 0) return;
  watches_[folder] = watch;
  folders_[watch].insert(folder);
}

void Hints::drop_all_but(const std::set<fs::path>& folders) {
  for (auto at = watches_.begin(); at != watches_.end();) {
    if (folders.contains(at->first)) {
      ++at;
      continue;
    }
    std::set<fs::path>& paths = folders_[at->second];
    paths.erase(at->first);
    if (paths.empty()) {
      ::inotify_rm_watch(queue_.get(), at->second);
      folders_.erase(at->second);
    }
    at = watches_.erase(at);
  }
}

bool Hints::watch(const std::set<fs::path>& folders) {
  if (!queue_) return false;
  drop_all_but(folders);
  std::erase_if(unreliable_, [&](const fs::path& folder) { return !folders.contains(folder); });
  bool added = false;
  for (const fs::path& folder : folders) {
    if (watches_.contains(folder) || unreliable_.contains(folder)) continue;
    add(folder);
    added = true;
  }
  return added;
}

void Hints::forget(int watch) {
  const auto known = folders_.find(watch);
  if (known == folders_.end()) return;
  for (const fs::path& folder : known->second) watches_.erase(folder);
  folders_.erase(known);
}

// No path that leads through a folder that was moved away leads where it did: what lies below it tells nobody, and
// another folder may have its place.
void Hints::forget_moved(int watch) {
  const std::set<fs::path> moved = folders_[watch];
  std::set<fs::path> kept;
  for (const auto& [folder, watched] : watches_) {
    const auto is_above = [&](const fs::path& each) { return std::ranges::mismatch(each, folder).in1 == each.end(); };
    if (std::ranges::none_of(moved, is_above)) kept.insert(folder);
  }
  drop_all_but(kept);
}

Hints::News Hints::take() {
  News news;
  if (!queue_) return news;
  alignas(inotify_event) std::array<char, 16'384> buffer;
  for (;;) {
    const ssize_t count = ::read(queue_.get(), buffer.data(), buffer.size());
    if (count <= 0) return news;
    for (std::size_t at = 0; at + sizeof(inotify_event) <= static_cast<std::size_t>(count);) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const char* const name = buffer.data() + at + sizeof event;
      at += sizeof event + event.len;
      if ((event.mask & IN_Q_OVERFLOW) != 0) news.lost = true;
      const auto known = folders_.find(event.wd);
      if (known == folders_.end()) continue;
      const bool only_opened = (event.mask & IN_CREATE) != 0 && (event.mask & IN_ISDIR) == 0;
      if (only_opened && (event.len == 0 || !is_link(*known->second.begin() / name))) continue;
      news.folders.insert(known->second.begin(), known->second.end());
      if ((event.mask & IN_MOVE_SELF) != 0) forget_moved(event.wd);
      if ((event.mask & (IN_IGNORED | IN_DELETE_SELF)) != 0) forget(event.wd);
    }
  }
}

}  // namespace peko::watch
