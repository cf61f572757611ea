#include "doctor/esbuild.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <system_error>

#include "base/file.hpp"
#include "code/paths.hpp"
#include "doctor/program.hpp"

namespace peko::doctor {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPackageBytesMax = std::size_t{1} << 20;

struct Manager {
  std::string_view lock;     ///< its lock file
  std::string_view program;  ///< what runs it
  std::string_view install;  ///< installs what package.json and the lock file name
  std::string_view add;      ///< adds esbuild to them
  std::string_view source;   ///< where it comes from
};

constexpr std::string_view kNodejs = "apt-get install nodejs npm, or https://nodejs.org";
/// What there is without a lock file.
constexpr Manager kNpm{"", "npm", "npm install", "npm install --save-dev esbuild", kNodejs};
constexpr std::array kManagers = {
    Manager{"package-lock.json", "npm", "npm ci", kNpm.add, kNodejs},
    Manager{"npm-shrinkwrap.json", "npm", "npm ci", kNpm.add, kNodejs},
    Manager{"pnpm-lock.yaml", "pnpm", "pnpm install", "pnpm add --save-dev esbuild", "https://pnpm.io"},
    Manager{"yarn.lock", "yarn", "yarn install", "yarn add --dev esbuild", "https://yarnpkg.com"},
    Manager{"bun.lock", "bun", "bun install", "bun add --dev esbuild", "https://bun.sh"},
};

bool is_file(const fs::path& file) {
  std::error_code ignored;
  return fs::is_regular_file(file, ignored);
}

const Manager& manager_of(const fs::path& folder) {
  const auto* const found =
      std::ranges::find_if(kManagers, [&](const Manager& manager) { return is_file(folder / manager.lock); });
  return found == kManagers.end() ? kNpm : *found;
}

/// Whether package.json names esbuild; not when it cannot be read.
bool names_esbuild(const fs::path& package) {
  const Result<std::string> text = read_file(package, kPackageBytesMax);
  if (!text) return false;
  boost::system::error_code error;
  const boost::json::value about = boost::json::parse(*text, error);
  const boost::json::object* const root = error ? nullptr : about.if_object();
  if (root == nullptr) return false;
  return std::ranges::any_of(std::array{"dependencies", "devDependencies", "optionalDependencies"},
                             [root](std::string_view kind) {
                               const boost::json::value* const listed = root->if_contains(kind);
                               const bool there = listed != nullptr && listed->is_object();
                               return there && listed->get_object().contains("esbuild");
                             });
}

}  // namespace

std::optional<fs::path> find_esbuild(const fs::path& folder, std::string_view path) {
  for (fs::path at = folder; !at.empty(); at = at.parent_path()) {
    fs::path program = at / "node_modules/.bin/esbuild";
    if (::access(program.c_str(), X_OK) == 0) return program;
    if (at == at.parent_path()) break;
  }
  return find_program("esbuild", path);
}

std::optional<fs::path> package_folder(const fs::path& folder) {
  for (fs::path at = code::made_absolute(folder);; at = at.parent_path()) {
    if (is_file(at / "package.json")) return at;
    if (at == at.parent_path()) return std::nullopt;
  }
}

std::string esbuild_advice(const fs::path& folder, std::string_view path) {
  const std::optional<fs::path> package = package_folder(folder);
  const fs::path where = package.value_or(folder);
  const Manager& manager = manager_of(where);
  const bool listed = package && names_esbuild(*package / "package.json");
  const std::string run = fmt::format("run `{}` in {}", listed ? manager.install : manager.add, code::shown(where));
  if (find_program(manager.program, path)) return run;
  return fmt::format("{}, after installing {}, which is not in PATH ({})", run, manager.program, manager.source);
}

}  // namespace peko::doctor
