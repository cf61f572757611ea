#include "scaffold/staging.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <ranges>
#include <system_error>
#include <utility>

#include "base/file.hpp"
#include "base/unique_fd.hpp"
#include "code/paths.hpp"

namespace peko::scaffold {
namespace {

namespace fs = std::filesystem;

Error folder_error(std::string_view doing, const fs::path& folder, const std::error_code& error) {
  return file_error(doing, code::shown(folder), error.value());
}

/// What is in the way of a project in this folder; empty when nothing is.
Result<fs::path> obstacle_in(const fs::path& folder) {
  std::error_code error;
  fs::directory_iterator at(folder, error);
  for (; !error && at != fs::directory_iterator(); at.increment(error)) {
    if (at->path().filename() != ".git") return at->path();
  }
  if (error) return fail(folder_error("listing", folder, error));
  return fs::path();
}

/// Whether the target is there already, as an empty folder. Conflict.
Result<bool> examined(const fs::path& target) {
  std::error_code error;
  const fs::file_status status = fs::symlink_status(target, error);
  if (status.type() == fs::file_type::not_found) return false;
  if (error) return fail(folder_error("looking at", target, error));
  if (!fs::is_directory(target, error)) {
    return fail(Code::Conflict, fmt::format("{} exists and is not a folder: choose another name", code::shown(target)));
  }
  const Result<fs::path> obstacle = obstacle_in(target);
  if (!obstacle) return fail(obstacle.error());
  if (obstacle->empty()) return true;
  return fail(Code::Conflict,
              fmt::format("{} is not empty, there is {}: nothing is overwritten; choose another name, or an empty "
                          "folder",
                          code::shown(target), code::shown(*obstacle)));
}

Status write_new_file(const fs::path& path, std::string_view bytes, bool executable) {
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, executable ? 0777 : 0666));
  if (!file) return fail(file_error("making", path, errno));
  if (const int failed = write_all(file.get(), bytes); failed != 0) return fail(file_error("writing", path, failed));
  return {};
}

/// Moves, and replaces nothing.
Status move_new(const fs::path& from, const fs::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return {};
  int failed = errno;
  if (failed == EINVAL) {  // a file system that does not know the flag
    std::error_code ignored;
    const bool taken = fs::symlink_status(to, ignored).type() != fs::file_type::not_found;
    failed = taken ? EEXIST : ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
  }
  if (failed == 0) return {};
  if (failed == EEXIST) {
    return fail(Code::Conflict, fmt::format("{} has appeared meanwhile: nothing is overwritten", code::shown(to)));
  }
  return fail(file_error("making", code::shown(to), failed));
}

/// mkdtemp made it for its owner alone; a project is as open as any folder that its owner makes.
void open_as_usual(const fs::path& folder) {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  (void)::chmod(folder.c_str(), 0777 & ~mask);
}

}  // namespace

Result<Staging> Staging::begin(const fs::path& target) {
  fs::path place = code::made_absolute(target);
  if (!place.has_filename()) place = place.parent_path();  // "my-app/"
  const Result<bool> exists = examined(place);
  if (!exists) return fail(exists.error());
  Staging staging(std::move(place), *exists);
  if (Status made = staging.make_folders(); !made) return fail(std::move(made.error()));
  const fs::path& around = staging.target_exists_ ? staging.target_ : staging.target_.parent_path();
  std::string name = (around / ".peko-new-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) return fail(file_error("making a folder in", code::shown(around), errno));
  staging.folder_ = name;
  open_as_usual(staging.folder_);
  return staging;
}

Staging::Staging(Staging&& other) noexcept
    : target_(std::move(other.target_)),
      target_exists_(other.target_exists_),
      folder_(std::exchange(other.folder_, {})),
      made_(std::exchange(other.made_, {})) {}

Staging::~Staging() {
  std::error_code ignored;
  if (!folder_.empty()) fs::remove_all(folder_, ignored);
  for (const fs::path& folder : made_ | std::views::reverse) fs::remove(folder, ignored);
}

Status Staging::make_folders() {
  std::vector<fs::path> missing;
  std::error_code error;
  for (fs::path above = target_.parent_path(); !fs::exists(above, error); above = above.parent_path()) {
    if (error) return fail(folder_error("looking at", above, error));
    missing.push_back(above);
  }
  for (const fs::path& folder : missing | std::views::reverse) {
    if (!fs::create_directory(folder, error) && error) return fail(folder_error("making", folder, error));
    made_.push_back(folder);
  }
  return {};
}

Status Staging::write(const Template& chosen, const Names& names) {
  for (const TemplateFile& file : chosen.files) {
    const fs::path path = folder_ / file.path;
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    if (error) return fail(folder_error("making", path.parent_path(), error));
    if (Status written = write_new_file(path, rendered(file, names), file.executable); !written) return written;
  }
  return {};
}

Status Staging::finish() {
  Status moved = target_exists_ ? move_into_target() : move_new(folder_, target_);
  if (!moved) return moved;
  if (target_exists_) {
    std::error_code ignored;
    fs::remove(folder_, ignored);
  }
  folder_.clear();
  made_.clear();
  return {};
}

Status Staging::move_into_target() {
  std::vector<fs::path> names;
  std::error_code error;
  fs::directory_iterator at(folder_, error);
  for (; !error && at != fs::directory_iterator(); at.increment(error)) names.push_back(at->path().filename());
  if (error) return fail(folder_error("listing", folder_, error));
  for (std::size_t i = 0; i < names.size(); ++i) {
    Status moved = move_new(folder_ / names[i], target_ / names[i]);
    if (moved) continue;
    while (i-- > 0) fs::rename(target_ / names[i], folder_ / names[i], error);
    return moved;
  }
  return {};
}

}  // namespace peko::scaffold
