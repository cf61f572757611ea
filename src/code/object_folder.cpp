#include "code/object_folder.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "code/beneath.hpp"
#include "code/file_listing.hpp"

namespace peko::code {

ObjectPlace place_of(std::string_view key) {
  const std::size_t slash = key.rfind('/');
  return slash == std::string_view::npos
             ? ObjectPlace{.folder = ".", .name = std::string(key)}
             : ObjectPlace{.folder = std::string(key.substr(0, slash)), .name = std::string(key.substr(slash + 1))};
}

int sync_folder(int folder) {
  // Some network file systems cannot sync a folder, and say so.
  return ::fsync(folder) == 0 || errno == EINVAL || errno == ENOTSUP ? 0 : errno;
}

UniqueFd open_folder_to_write(int root, const std::string& folder) {
  UniqueFd open = open_beneath(root, folder, O_RDONLY | O_DIRECTORY);
  if (open || errno != ENOENT) {
    return open;
  }
  const ObjectPlace place = place_of(folder);
  const UniqueFd above = open_folder_to_write(root, place.folder);
  if (!above) {
    return {};
  }
  if (::mkdirat(above.get(), place.name.c_str(), 0777) != 0 && errno != EEXIST) {
    return {};
  }
  if (const int number = sync_folder(above.get()); number != 0) {
    errno = number;
    return {};
  }
  return open_beneath(root, folder, O_RDONLY | O_DIRECTORY);
}

int look_at_existing(int folder, const std::string& name, Existing& existing) {
  struct stat about{};
  if (const int number = look_afresh(folder, about); number != 0) {
    return number;
  }
  if (::fstatat(folder, name.c_str(), &about, AT_SYMLINK_NOFOLLOW) != 0) {
    return errno == ENOENT ? 0 : errno;
  }
  existing = {.there = true, .folder = S_ISDIR(about.st_mode), .written = about.st_mtim};
  return 0;
}

void remove_empty_folders(int root, std::string folder) {
  for (ObjectPlace place = place_of(folder); place.folder != "."; folder = place.folder, place = place_of(folder)) {
    const UniqueFd above = open_beneath(root, place.folder, O_PATH | O_DIRECTORY);
    if (!above || ::unlinkat(above.get(), place.name.c_str(), AT_REMOVEDIR) != 0) {
      return;
    }
  }
}

}  // namespace peko::code
