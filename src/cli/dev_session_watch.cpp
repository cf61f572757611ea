// How a DevSession sees what changes, and what it makes of it.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>

#include "cli/dev_session.hpp"
#include "code/folder.hpp"
#include "code/paths.hpp"
#include "watch/scope.hpp"

namespace peko::cli {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using std::chrono::steady_clock;
using Change = DevChange::Kind;

/// A save is often several events: so long nothing more must come, and not longer than that altogether.
constexpr auto kQuiet = 8ms;
constexpr auto kQuietMost = 100ms;
/// A file that is gone may be about to come back: so some editors save.
constexpr auto kPatienceForRemovals = 100ms;
/// Where the system gives no hints.
constexpr auto kLookEvery = 500ms;
/// Folders of projects may hold much else.
constexpr std::size_t kPlacesMax = 1'000;

}  // namespace

void DevSession::begin_watching() {
  look_at_places();
  // What was saved before the folders were watched.
  for (const auto& [source, project] : projects_) touch(*project, steady_clock::now());
  looking_due_ = steady_clock::now() + kLookEvery;
}

void DevSession::take_hints() {
  const watch::Hints::News news = hints_.take();
  const Time now = steady_clock::now();
  const auto concerns = [&news](const std::set<fs::path>& folders) {
    return news.lost || std::ranges::any_of(news.folders, [&](const fs::path& each) { return folders.contains(each); });
  };
  if (news.lost || !news.folders.empty()) {
    for (const auto& [source, project] : projects_) {
      if (concerns(project->files.folders())) touch(*project, now + kQuiet);
    }
    if (concerns(places_) && !places_due_) places_due_ = now + kQuiet;
  }
  if (now < looking_due_ || !hints_.needs_looking()) return;
  const auto needs_looking = [this](const fs::path& folder) { return hints_.needs_looking(folder); };
  for (const auto& [source, project] : projects_) {
    if (std::ranges::any_of(project->files.folders(), needs_looking)) touch(*project, now);
  }
  if (std::ranges::any_of(places_, needs_looking)) places_due_ = now;
}

void DevSession::touch(Project& project, Time when) {
  if (parts_.watch == DevWatch::No) return;
  if (!project.due) project.touched = steady_clock::now();
  project.due = std::min(when, project.touched + kQuietMost);
}

void DevSession::look_at_what_is_due() {
  const Time now = steady_clock::now();
  if (places_due_ && *places_due_ <= now) look_at_places();
  bool looked = false;
  for (const auto& [source, project] : projects_) {
    if (!project->due || *project->due > now) continue;
    project->due.reset();
    if (project->retired) continue;
    look_at(*project);
    looked = true;
  }
  if (looked) watch_folders();
  const Time after = steady_clock::now();
  // Looking takes its time: at most a tenth of all.
  if (now >= looking_due_) looking_due_ = after + std::max<Time::duration>(kLookEvery, 10 * (after - now));
}

void DevSession::watch_folders() {
  std::set<fs::path> folders = places_;
  for (const auto& [source, project] : projects_) {
    folders.insert(project->files.folders().begin(), project->files.folders().end());
  }
  if (!hints_.watch(folders)) return;
  // Something may have happened in a new folder before it was watched.
  for (const auto& [source, project] : projects_) touch(*project, steady_clock::now() + kQuiet);
}

void DevSession::look_at(Project& project) {
  const bool builds = project.job && project.job_work == DevJob::Work::Build;
  const DevChange change = project.files.look(builds ? DevProject::During::Build : DevProject::During::Rest);
  if (!project.files.whole() && !std::exchange(project.told_size, true)) {
    parts_.view.notice(
        fmt::format("{} has more than {} files: not all are watched. Name what its build reads by `watch` "
                    "in [build] of peko.toml",
                    code::shown(project.files.source().parent_path()), watch::Snapshot::kFilesMax));
  }
  if (change.kind == Change::Nothing) {
    project.removal_seen = false;
    return;
  }
  if (change.kind == Change::Asset) {  // the node reads it when it is asked for
    project.files.begin();
    return parts_.browsers.reload(project.files.function()->name);
  }
  if (change.only_removals && !std::exchange(project.removal_seen, true)) {
    return touch(project, steady_clock::now() + kPatienceForRemovals);
  }
  project.removal_seen = false;
  if (change.kind == Change::Settings) return take_settings(project, change);
  if (!project.files.function()) return project.files.begin();
  want(project, change.kind == Change::Product ? DevJob::Work::Load : DevJob::Work::Build, change.file);
}

void DevSession::take_settings(Project& project, const DevChange& change) {
  project.refused.reset();
  const Result<DevJob::Work> read = project.files.read_settings([&](const code::Function& function) {
    Status free = check_names(project, function);
    if (!free) project.refused = function;
    return free;
  });
  const fs::path& source = project.files.source();
  if (read) {
    parts_.view.mended(source);
    (void)project.files.look(DevProject::During::Rest);  // with the scopes of these settings
    DevJob::Work work = project.serves() ? *read : project.files.first_work();
    // What an older build has left would seem to be what the sources say.
    if (change.sources || project.build_failed) work = DevJob::Work::Build;
    want(project, work, change.file);
    return try_refused_again();
  }
  project.settled = true;
  const std::string name = project.files.function() ? project.files.function()->name : std::string();
  parts_.view.problem(source, name, read.error());
  if (!name.empty()) parts_.browsers.problem(name, {.message = read.error().message, .file = {}, .excerpt = {}});
  touch(project, steady_clock::now());  // what was saved with them
}

// Conflict: another project has the name or a route. A retired one has its own until no job can bring it back.
Status DevSession::check_names(const Project& project, const code::Function& function) const {
  std::vector<code::Function> functions = {function};
  for (const auto& [source, other] : projects_) {
    if (other.get() != &project && other->files.function()) functions.push_back(*other->files.function());
  }
  return code::check_unique(functions);
}

void DevSession::try_refused_again() {
  for (const auto& [source, project] : projects_) {
    if (project->retired || !project->refused || !check_names(*project, *project->refused)) continue;
    project->touched = steady_clock::now();
    take_settings(*project, {.kind = Change::Settings, .file = source});
  }
}

void DevSession::want(Project& project, DevJob::Work work, const fs::path& changed) {
  if (project.job) work = std::max(work, project.job_work);  // which is stopped before it has done it
  project.wanted = std::max(project.wanted.value_or(work), work);
  project.wanted_for = {.file = changed, .since = changed.empty() ? steady_clock::now() : project.touched};
  if (!project.job) return;
  project.job->stop();  // what it makes is old already
  if (project.job_work == DevJob::Work::Build) tell_blamed(project, project.files.blame());
}

void DevSession::tell_blamed(const Project& project, const std::optional<fs::path>& blamed) {
  if (!blamed) return;
  parts_.view.notice(
      fmt::format("{} changes whenever {} is built: until something else changes, it does not count. "
                  "Name what the build reads by `watch` in [build] of peko.toml",
                  code::shown(*blamed), project.job_function.name));
}

// Which projects there are.
void DevSession::look_at_places() {
  places_due_.reset();
  places_.clear();
  for (const fs::path& given : parts_.paths) {
    const fs::path path = code::made_absolute(given);
    std::error_code error;
    if (!fs::is_directory(path, error) || fs::exists(path / "peko.toml", error)) continue;
    places_.insert(path);
    fs::directory_iterator at(path, error);
    for (; !error && at != fs::directory_iterator() && places_.size() < kPlacesMax; at.increment(error)) {
      std::error_code ignored;
      if (at->is_directory(ignored) && !watch::is_ignored(at->path().filename().native())) places_.insert(at->path());
    }
  }
  const Result<std::vector<fs::path>> sources = code::project_sources(parts_.paths);
  if (sources) {
    for (const fs::path& source : *sources) {
      const auto [at, is_new] = projects_.try_emplace(source, nullptr);
      if (!is_new) continue;
      at->second = std::make_unique<Project>(source, parts_.settings.limits_max);
      at->second->touched = steady_clock::now();
      (void)at->second->files.look(DevProject::During::Rest);  // where wrong settings would be mended
      take_settings(*at->second, {.kind = Change::Settings, .file = source});
    }
    for (const auto& [source, project] : projects_) {
      if (std::ranges::find(*sources, source) != sources->end()) {
        project->missing = false;
      } else if (!std::exchange(project->missing, true)) {
        places_due_ = steady_clock::now() + kPatienceForRemovals;
      } else {
        project->retired = true;
      }
    }
  }
  for (auto at = projects_.begin(); at != projects_.end();) {
    Project& project = *(at++)->second;
    if (project.retired) retire(project);
  }
  watch_folders();
}

// Takes away all names of it but `kept`.
void DevSession::remove_names(Project& project, std::string_view kept) {
  std::erase_if(project.staged, [&](const std::string& name) {
    if (name == kept) return false;
    stage_->remove(name);
    parts_.view.removed(name);
    return true;
  });
}

// What other projects have brought under this name, when it was theirs, must not answer for its new owner.
void DevSession::take_name(const Project& project, const std::string& name) {
  for (const auto& [source, other] : projects_) {
    if (other.get() == &project || other->staged.erase(name) == 0) continue;
    stage_->remove(name);
    if (other->serves_as == name) other->serves_as.clear();
  }
}

// Whether a job still brings something under the name or a route of this project, by settings that were changed since.
bool DevSession::must_wait(const Project& project) const {
  return std::ranges::any_of(projects_, [&](const auto& each) {
    const Project& other = *each.second;
    return &other != &project && other.job &&
           !code::check_unique(std::array{other.job_function, *project.files.function()});
  });
}

// Takes it away, once no job of it can bring it back. It is gone then.
void DevSession::retire(Project& project) {
  if (project.job) return project.job->stop();
  remove_names(project, {});
  parts_.view.mended(project.files.source());
  projects_.erase(fs::path(project.files.source()));
  try_refused_again();
}

}  // namespace peko::cli
