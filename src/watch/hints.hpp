/// Hints: the system says in which folders something has happened (inotify).
#pragma once

#include <filesystem>
#include <map>
#include <set>

#include "base/unique_fd.hpp"

namespace peko::watch {

/// One thread. Without inotify, or with Use::Nothing, there are no hints, and every folder needs looking at.
class Hints {
 public:
  enum class Use { System, Nothing };
  explicit Hints(Use use);

  /// Readable when there is news; -1: there is never any.
  [[nodiscard]] int descriptor() const { return queue_.get(); }

  /// From here on these folders, and no others. What happens in a folder before it is watched gives no hint: look at it
  /// again afterwards. Returns whether there was one that was not watched before.
  bool watch(const std::set<std::filesystem::path>& folders);

  struct News {
    std::set<std::filesystem::path> folders;  ///< where something happened
    bool lost = false;                        ///< and anywhere else, too
  };
  /// What has happened since the last call: a file was written and closed, renamed, removed, linked; a folder came or
  /// went. Not: a file was opened, or is half written.
  News take();

  /// Whether there is a folder that gives no reliable hints: no watch could be had for it, or others can change it over
  /// a network.
  [[nodiscard]] bool needs_looking() const { return !queue_ || !unreliable_.empty(); }
  /// Whether `folder` is one of these.
  [[nodiscard]] bool needs_looking(const std::filesystem::path& folder) const {
    return !queue_ || unreliable_.contains(folder);
  }

 private:
  void add(const std::filesystem::path& folder);
  void forget(int watch);
  void forget_moved(int watch);
  void drop_all_but(const std::set<std::filesystem::path>& folders);

  UniqueFd queue_;
  std::map<std::filesystem::path, int> watches_;
  std::map<int, std::set<std::filesystem::path>> folders_;  // two paths may lead to one folder
  std::set<std::filesystem::path> unreliable_;
};

}  // namespace peko::watch
