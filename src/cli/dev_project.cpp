#include "cli/dev_project.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>
#include <utility>

#include "cli/bundle.hpp"
#include "code/folder.hpp"

namespace peko::cli {
namespace {

namespace fs = std::filesystem;
using By = watch::Snapshot::By;
using Kind = DevChange::Kind;

/// What tools bring up to date while they build.
constexpr std::array<std::string_view, 7> kLockFiles = {
    "Cargo.lock", "package-lock.json", "pnpm-lock.yaml", "yarn.lock", "bun.lock", "deno.lock", "go.sum"};

/// The kernel stamps files by a clock that goes by ticks: a file may seem this much older than it is.
constexpr std::chrono::milliseconds kStampLag{10};

/// Whether a change from `a` to `b` concerns more than how it runs.
bool builds_otherwise(const code::Function& a, const code::Function& b) {
  return a.component != b.component || a.script != b.script || a.build_command != b.build_command ||
         a.build_watch != b.build_watch;
}

}  // namespace

DevProject::DevProject(fs::path source, const code::LimitsMax& maxima) : source_(std::move(source)), maxima_(maxima) {
  settings_.scope = {.roots = {source_}, .except = {}};
}

Result<DevJob::Work> DevProject::read_settings(const Accept& accept) {
  settings_.now = watch::Snapshot::of(settings_.scope, settings_.now);
  settings_.seen = settings_.now;
  Result<code::Function> read = code::read_project(source_, maxima_);
  if (!read) return fail(std::move(read.error()));
  if (accept) {
    if (Status accepted = accept(*read); !accepted) return fail(std::move(accepted.error()));
  }
  const std::optional<code::Function> before = std::exchange(function_, std::move(*read));
  if (before && before->script != function_->script) inputs_.clear();
  set_scopes(inputs_);
  return !before || builds_otherwise(*before, *function_) ? DevJob::Work::Build : DevJob::Work::Load;
}

DevJob::Work DevProject::first_work() const { return cli::first_work(*function_, sources_.now.newest()); }

void DevProject::set_scopes(const std::vector<fs::path>& inputs) {
  const code::Function& function = *function_;
  const fs::path folder = project_folder(function);
  // A file that is the function itself has no settings.
  if (function.manifest.empty()) settings_ = {};
  sources_.scope = {};
  products_.scope = {};
  assets_.scope = {};
  if (!function.component.empty()) products_.scope.roots = {function.component};
  if (!function.assets.empty()) assets_.scope.roots = {function.assets};
  if (!function.build_watch.empty()) {
    sources_.scope.roots = function.build_watch;
  } else if (!function.script.empty()) {
    sources_.scope.roots = inputs;
    sources_.scope.roots.push_back(function.script);
    // They change what esbuild makes of the same files.
    for (const char* name : {"tsconfig.json", "package.json"}) sources_.scope.roots.push_back(folder / name);
  } else if (!function.build_command.empty()) {
    sources_.scope.roots = {folder};
  }
  if (!function.component.empty()) sources_.scope.except = {function.component};
  if (!function.assets.empty()) sources_.scope.except.push_back(function.assets);
  if (!function.manifest.empty()) sources_.scope.except.push_back(source_);
}

bool DevProject::is_written_by_builds(const fs::path& file) const {
  const auto blamed = changes_in_builds_.find(file);
  return (blamed != changes_in_builds_.end() && blamed->second > kChangesInBuildsMax) ||
         std::ranges::find(kLockFiles, file.filename().native()) != kLockFiles.end();
}

DevChange DevProject::look(During during) {
  const By by = during == During::Build ? By::Content : By::Stamp;
  folders_.clear();
  for (Part* part : {&settings_, &sources_, &products_, &assets_}) {
    part->now = watch::Snapshot::of(part->scope, part->now);
    folders_.insert(part->now.folders().begin(), part->now.folders().end());
  }
  changes_ = sources_.now.changes_since(sources_.seen, by);
  if (during == During::Build) {
    std::erase_if(changes_,
                  [this](const fs::path& file) { return !sources_.seen.has(file) || is_written_by_builds(file); });
    left_ = sources_.now;
  } else if (!changes_.empty() && !sources_.now.changes_since(left_, by).empty()) {
    changes_in_builds_.clear();
  }
  const std::vector<fs::path> settings = settings_.now.changes_since(settings_.seen, by);
  std::vector<fs::path> products;
  std::vector<fs::path> assets;
  if (during == During::Rest) {
    products = products_.now.changes_since(products_.seen, by);
    assets = assets_.now.changes_since(assets_.seen, by);
  }

  DevChange change;
  const auto note = [&change](Kind kind, const std::vector<fs::path>& files, const watch::Snapshot& now) {
    if (files.empty()) return;
    change.kind = kind;
    change.file = files.front();
    change.only_removals = std::ranges::none_of(files, [&now](const fs::path& file) { return now.has(file); });
  };
  note(Kind::Asset, assets, assets_.now);
  note(Kind::Product, products, products_.now);
  note(Kind::Source, changes_, sources_.now);
  note(Kind::Settings, settings, settings_.now);
  change.sources = !changes_.empty();
  return change;
}

void DevProject::begin() {
  for (Part* part : {&sources_, &products_, &assets_}) part->seen = part->now;
  begun_ = fs::file_time_type::clock::now() - kStampLag;
}

bool DevProject::assets_changed() const { return !assets_.now.changes_since(assets_.seen, By::Stamp).empty(); }

std::optional<fs::path> DevProject::blame() { return count_in_build(changes_); }

std::optional<fs::path> DevProject::count_in_build(const std::vector<fs::path>& files) {
  std::optional<fs::path> blamed;
  for (const fs::path& file : files) {
    if (++changes_in_builds_[file] == kChangesInBuildsMax + 1) blamed = file;
  }
  return blamed;
}

std::optional<fs::path> DevProject::end(Outcome outcome, const std::vector<fs::path>& inputs,
                                        watch::Snapshot products) {
  if (!inputs.empty()) inputs_ = inputs;
  set_scopes(inputs_);
  // A bundle that was not made may lack a file that does not exist yet.
  if (inputs.empty() && !function_->script.empty() && !function_->manifest.empty()) {
    sources_.scope.roots.push_back(project_folder(*function_));
  }
  const watch::Snapshot before = std::exchange(sources_.seen, watch::Snapshot::of(sources_.scope, sources_.seen));
  std::vector<fs::path> changed = sources_.seen.changes_since(before, By::Content);
  const bool new_files_count = outcome == Outcome::Bad && !built_for_new_files_;
  built_for_new_files_ = false;
  std::erase_if(changed, [&](const fs::path& file) {
    if (is_written_by_builds(file) || !sources_.seen.has(file)) return true;
    if (before.has(file)) return false;
    std::error_code gone;
    // Or it was there already, and nobody looked at it.
    if (!new_files_count || fs::last_write_time(file, gone) < begun_) return true;
    built_for_new_files_ = true;
    return false;
  });
  std::optional<fs::path> blamed = count_in_build(changed);
  std::erase_if(changed, [this](const fs::path& file) { return is_written_by_builds(file); });
  left_ = sources_.seen;
  sources_.seen.adopt(before, changed);
  products_.seen = std::move(products);
  return blamed;
}

}  // namespace peko::cli
