#include "doctor/folders.hpp"

#include <fmt/format.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/text.hpp"
#include "code/paths.hpp"

namespace peko::doctor {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kArea = "folders";

/// A compiled JavaScript component takes some 40 MiB.
constexpr std::uint64_t kRoomUsual = std::uint64_t{512} << 20;
constexpr std::uint64_t kRoomMin = std::uint64_t{32} << 20;

/// The nearest folder above that is there.
fs::path existing(fs::path folder) {
  std::error_code ignored;
  while (!fs::exists(folder, ignored) && folder != folder.parent_path()) folder = folder.parent_path();
  return folder;
}

}  // namespace

Finding check_folder(const std::string& subject, const fs::path& folder, const std::string& elsewhere,
                     State unwritable) {
  const std::string shown = code::shown(folder);
  const fs::path there = existing(code::made_absolute(folder));
  const std::string named =
      there == code::made_absolute(folder) ? shown : fmt::format("{} above {}", there.string(), shown);
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
    finding.detail = fmt::format("{} cannot be written by this user", named);
    finding.fix = fmt::format("chown -R {} {}, or {}", ::geteuid(), there.string(), elsewhere);
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
