/// The folders in which objects of a store in a folder lie: part of FileStore.
#pragma once

#include <time.h>

#include <string>
#include <string_view>

#include "base/unique_fd.hpp"

namespace peko::code {

/// Where the file of an object is.
struct ObjectPlace {
  std::string folder;  ///< relative to the root; "." is the root
  std::string name;
};

ObjectPlace place_of(std::string_view key);

/// Waits until the entries of a folder are on the disk. 0, or an errno.
int sync_folder(int folder);

/// Opens the folder of an object, made where it is missing. Owns nothing when that fails; errno says why.
UniqueFd open_folder_to_write(int root, const std::string& folder);

/// What has an object's name before it is written.
struct Existing {
  bool there = false;
  bool folder = false;
  timespec written{};
};

/// 0, or an errno.
int look_at_existing(int folder, const std::string& name, Existing& existing);

/// Removes folders as long as they are empty, from `folder` upwards, but none directly below the root. Whoever writes
/// into one meanwhile makes it anew.
void remove_empty_folders(int root, std::string folder);

}  // namespace peko::code
