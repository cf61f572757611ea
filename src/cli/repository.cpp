#include "cli/repository.hpp"

#include <unistd.h>

#include <system_error>

#include "base/text.hpp"
#include "cli/build_process.hpp"

namespace peko::cli {
namespace {

namespace fs = std::filesystem;

bool is_inside_repository(const fs::path& place) {
  std::error_code ignored;
  for (fs::path folder = place;; folder = folder.parent_path()) {
    if (fs::exists(folder / ".git", ignored)) return true;
    if (folder == folder.parent_path()) return false;
  }
}

bool is_installed(std::string_view program, const Environment& environment) {
  const auto path = environment.find("PATH");
  if (path == environment.end()) return false;
  for (const std::string_view folder : split(path->second, ':')) {
    if (!folder.empty() && ::access((fs::path(folder) / program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

}  // namespace

std::string_view shown(Repository repository) {
  switch (repository) {
    case Repository::Made: return "a git repository";
    case Repository::Inside: return "in the git repository that is there";
    case Repository::NoGit: return "no git repository: git is not installed";
    case Repository::Failed: return "no git repository: git failed, see above";
    case Repository::NotWanted: break;
  }
  return "no git repository";
}

Result<Repository> make_repository(const fs::path& folder, const fs::path& target, const Context& context) {
  if (is_inside_repository(target)) return Repository::Inside;
  if (!is_installed("git", context.environment)) return Repository::NoGit;
  const int errors = context.err.descriptor();
  // Without what a hook of another repository would tell it.
  Status made = run_build({.command = "env -u GIT_DIR -u GIT_WORK_TREE -u GIT_INDEX_FILE git init --quiet",
                           .folder = folder,
                           .output = errors,
                           .errors = errors});
  if (made) return Repository::Made;
  if (made.error().code == Code::Invalid) return Repository::Failed;
  return fail(std::move(made.error()));
}

}  // namespace peko::cli
