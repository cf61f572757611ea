#include "doctor/folders.hpp"

#include <fmt/format.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>

#include "base/text.hpp"
#include "code/paths.hpp"

namespace peko::doctor {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kArea = "folders";

/// A compiled JavaScript component takes some 40 MiB.
constexpr std::uint64_t kRoomUsual = std::uint64_t{512} << 20;
constexpr std::uint64_t kRoomMin = std::uint64_t{32} << 20;

/// What lets this user write `folder`, of which `there` is what there is so far.
std::string way_to_write(const fs::path& folder, const fs::path& there, int error) {
  if (error == EROFS || ::geteuid() == 0) return {};
  return there == folder
             ? fmt::format("sudo chown -R {} {}, or ", ::geteuid(), shell_word(folder.string()))
             : fmt::format("sudo install -d -o {} -m 700 {}, or ", ::geteuid(), shell_word(folder.string()));
}

}  // namespace

fs::path nearest_existing(const fs::path& folder) {
  fs::path there = code::made_absolute(folder);
  std::error_code ignored;
  while (!fs::exists(there, ignored) && there != there.parent_path()) there = there.parent_path();
  return there;
}

Finding check_folder(const std::string& subject, const fs::path& folder, const std::string& elsewhere,
                     State unwritable) {
  const std::string shown = code::shown(folder);
  const fs::path whole = code::made_absolute(folder);
  const fs::path there = nearest_existing(folder);
  const std::string named = there == whole ? shown : fmt::format("{} above {}", there.string(), shown);
  Finding finding{.area = kArea, .subject = subject, .state = State::Ok, .detail = {}, .fix = {}};
  std::error_code ignored;
  if (!fs::is_directory(there, ignored)) {
    finding.state = unwritable;
    finding.detail = fmt::format("{} is no folder", named);
    finding.fix = elsewhere;
    return finding;
  }
  if (::access(there.c_str(), R_OK | W_OK | X_OK) != 0) {
    finding.state = unwritable;
    const int error = errno;
    finding.detail =
        fmt::format("{} {}", named, error == EROFS ? "is on a read-only disk" : "cannot be written by this user");
    finding.fix = way_to_write(whole, there, error) + elsewhere;
    return finding;
  }
  struct statvfs disk{};
  if (::statvfs(there.c_str(), &disk) != 0) {
    finding.detail = shown;
    return finding;
  }
  const std::uint64_t room = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  finding.detail = fmt::format("{}, {} free", shown, human_bytes(room));
  if (room < kRoomUsual) {
    finding.state = room < kRoomMin ? unwritable : State::Warn;
    finding.fix = fmt::format("make room on the disk of {}, or {}", there.string(), elsewhere);
  }
  return finding;
}

}  // namespace peko::doctor
