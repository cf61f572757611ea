#include "cli/dev_session.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>

#include "base/assert.hpp"
#include "cli/build_text.hpp"
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
/// The output of a build that takes longer is shown as it comes.
constexpr auto kStreamAfter = 1s;

/// Folders of projects may hold much else.
constexpr std::size_t kPlacesMax = 1'000;

}  // namespace

struct DevSession::Project {
  Project(fs::path source, const code::LimitsMax& maxima) : files(std::move(source), maxima) {}

  DevProject files;
  std::optional<Error> wrong_settings;  // at the start
  bool settled = false;                 // the first pass is over for it
  bool serves = false;                  // some version of it
  std::string serving_name;             // of that version
  bool missing = false;                 // its source is gone, or is being saved
  bool retired = false;                 // gone; waits for its job to end

  std::optional<Time> due;  // when its files are looked at
  Time touched;             // the first hint
  bool removal_seen = false;
  bool told_size = false;

  struct Cause {
    fs::path file;  // empty: the start
    Time since;
  };
  std::optional<DevJob::Work> wanted;  // to be begun
  Cause wanted_for;

  std::shared_ptr<StopWish> job;  // null: none runs
  Cause job_for;
  Time job_begun;
  std::string output;  // of its build, not shown yet
  bool streaming = false;
};

struct DevSession::Message {
  fs::path source;
  std::string output;
  std::optional<DevJobEnd> end;
};

DevSession::DevSession(DevSessionParts parts)
    : parts_(std::move(parts)),
      jobs_max_(std::max(1U, std::thread::hardware_concurrency())),
      hints_(parts_.watch == DevWatch::Hints ? watch::Hints::Use::System : watch::Hints::Use::Nothing),
      jobs_("peko-build", jobs_max_) {
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0) {
    wake_reading_ = UniqueFd(ends[0]);
    wake_writing_ = UniqueFd(ends[1]);
  }
}

DevSession::~DevSession() {
  PEKO_ASSERT(!thread_.joinable(), "join() comes before the destructor");
  (void)jobs_.stop(0ms);
}

Status DevSession::read_projects() {
  const Result<std::vector<fs::path>> sources = code::project_sources(parts_.paths);
  if (!sources) return fail(sources.error());
  std::vector<code::Function> functions;
  for (const fs::path& source : *sources) {
    auto project = std::make_unique<Project>(source, parts_.settings.limits_max);
    if (Result<DevJob::Work> read = project->files.read_settings(); !read) {
      project->wrong_settings = std::move(read.error());
      project->settled = true;
    } else {
      functions.push_back(*project->files.function());
    }
    projects_.emplace(source, std::move(project));
  }
  return code::check_unique(functions);
}

std::vector<std::string> DevSession::names() const {
  std::vector<std::string> names;
  for (const auto& [source, project] : projects_) {
    if (project->files.function()) names.push_back(project->files.function()->name);
  }
  return names;
}

void DevSession::start(node::FunctionStage& stage, std::string address) {
  stage_ = &stage;
  address_ = std::move(address);
  thread_ = std::thread([this] { run(); });
}

void DevSession::stop() { stop_.stop(); }

bool DevSession::join(std::chrono::milliseconds patience) {
  if (thread_.joinable()) thread_.join();
  return jobs_.stop(patience);
}

void DevSession::run() {
  for (const auto& [source, project] : projects_) {
    if (project->wrong_settings) parts_.view.problem(source, "", *project->wrong_settings);
    (void)project->files.look(DevProject::During::Rest);
    if (project->files.function()) want(*project, project->files.first_work(), {});
    project->files.begin();
  }
  if (parts_.watch != DevWatch::No) {
    look_at_places();
    // What was saved before the folders were watched.
    for (const auto& [source, project] : projects_) touch(*project, steady_clock::now());
  }
  looking_due_ = steady_clock::now() + kLookEvery;
  while (!stop_.stopped()) {
    start_jobs();
    show_builds();
    end_first_pass();
    wait();
    take_messages();
    if (parts_.watch == DevWatch::No) continue;
    take_hints();
    look_at_what_is_due();
  }
  for (const auto& [source, project] : projects_) {
    if (project->job) project->job->stop();
  }
}

// Until something happens or something is due.
void DevSession::wait() {
  const Time now = steady_clock::now();
  Time until = now + 1h;
  for (const auto& [source, project] : projects_) {
    if (project->due) until = std::min(until, *project->due);
    if (project->job) until = std::min(until, now + 500ms);  // its age is shown, and its output
  }
  if (places_due_) until = std::min(until, *places_due_);
  if (parts_.watch != DevWatch::No && hints_.needs_looking()) until = std::min(until, looking_due_);
  std::array<pollfd, 3> ready = {pollfd{.fd = wake_reading_.get(), .events = POLLIN, .revents = 0},
                                 pollfd{.fd = stop_.descriptor(), .events = POLLIN, .revents = 0},
                                 pollfd{.fd = hints_.descriptor(), .events = POLLIN, .revents = 0}};
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(std::max(until - now, Time::duration::zero()));
  ::poll(ready.data(), ready.size(), static_cast<int>(left.count()));
}

void DevSession::post(Message message) {
  {
    const std::scoped_lock lock(mutex_);
    messages_.push_back(std::move(message));
  }
  (void)!::write(wake_writing_.get(), "", 1);  // a full pipe wakes, too
}

void DevSession::take_messages() {
  std::array<char, 256> ignored{};
  while (::read(wake_reading_.get(), ignored.data(), ignored.size()) > 0) {
  }
  std::vector<Message> messages;
  {
    const std::scoped_lock lock(mutex_);
    messages.swap(messages_);
  }
  for (Message& message : messages) {
    const auto at = projects_.find(message.source);
    if (at == projects_.end()) continue;
    if (message.end) {
      ended(*at->second, std::move(*message.end));
    } else {
      heard(*at->second, message.output);
    }
  }
}

void DevSession::heard(Project& project, std::string_view text) {
  project.output += text;
  if (project.output.size() > 2 * BuildOutput::kBytesMax && !project.streaming) {
    project.output.erase(0, project.output.size() - BuildOutput::kBytesMax);
  }
}

void DevSession::show_builds() {
  const Time now = steady_clock::now();
  std::map<std::string, std::chrono::seconds> builds;
  for (const auto& [source, project] : projects_) {
    if (!project->job || project->retired) continue;
    const auto age = now - project->job_begun;
    if (age < kStreamAfter) continue;
    project->streaming = true;
    const std::string& name = project->files.function()->name;
    builds[name] = std::chrono::duration_cast<std::chrono::seconds>(age);
    const std::size_t whole = project->output.rfind('\n') + 1;
    if (whole == 0) continue;
    parts_.view.output(name, std::string_view(project->output).substr(0, whole));
    project->output.erase(0, whole);
  }
  parts_.view.building(builds);
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
  const DevChange change = project.files.look(project.job ? DevProject::During::Build : DevProject::During::Rest);
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
  if (change.only_removals && !std::exchange(project.removal_seen, true)) {
    return touch(project, steady_clock::now() + kPatienceForRemovals);
  }
  project.removal_seen = false;
  if (change.kind == Change::Settings) return take_settings(project, change);
  if (!project.files.function()) return project.files.begin();
  want(project, change.kind == Change::Product ? DevJob::Work::Load : DevJob::Work::Build, change.file);
}

void DevSession::take_settings(Project& project, const DevChange& change) {
  Result<DevJob::Work> read = project.files.read_settings();
  if (read) {
    std::vector<code::Function> functions;
    for (const auto& [source, each] : projects_) {
      if (each->files.function() && !each->retired) functions.push_back(*each->files.function());
    }
    if (Status unique = code::check_unique(functions); !unique) read = fail(std::move(unique.error()));
  }
  const fs::path& source = project.files.source();
  if (read) {
    parts_.view.mended(source);
    (void)project.files.look(DevProject::During::Rest);  // with the scopes of these settings
    DevJob::Work work = project.serves ? *read : project.files.first_work();
    if (change.sources) work = DevJob::Work::Build;
    return want(project, work, change.file);
  }
  project.settled = true;
  project.files.accept_settings();
  const std::string name = project.files.function() ? project.files.function()->name : std::string();
  parts_.view.problem(source, name, read.error());
  if (!name.empty()) parts_.browsers.problem(name, {.message = read.error().message, .file = {}, .excerpt = {}});
}

void DevSession::want(Project& project, DevJob::Work work, const fs::path& changed) {
  project.wanted = std::max(project.wanted.value_or(work), work);
  project.wanted_for = {.file = changed, .since = changed.empty() ? steady_clock::now() : project.touched};
  if (!project.job) return;
  project.job->stop();  // what it makes is old already
  if (const std::optional<fs::path> blamed = project.files.blame()) {
    parts_.view.notice(
        fmt::format("{} changes whenever {} is built: until something else changes, it does not count. "
                    "Name what the build reads by `watch` in [build] of peko.toml",
                    code::shown(*blamed), project.files.function()->name));
  }
}

void DevSession::start_jobs() {
  for (const auto& [source, project] : projects_) {
    if (running_ >= jobs_max_) return;
    if (project->wanted && !project->job && !project->retired) start_job(*project);
  }
}

void DevSession::start_job(Project& project) {
  DevJob job{.function = *project.files.function(),
             .work = *std::exchange(project.wanted, std::nullopt),
             .serves = project.serves,
             .output = parts_.output};
  project.files.begin();
  project.job = std::make_shared<StopWish>();
  project.job_for = std::move(project.wanted_for);
  project.job_begun = steady_clock::now();
  project.output.clear();
  project.streaming = false;
  running_++;
  stage_->expect(job.function);
  jobs_.post([this, job = std::move(job), stop = project.job, source = project.files.source()] {
    DevJobEnd end = run_dev_job(job, *stage_, parts_.environment, *stop, [&](std::string_view text) {
      post({.source = source, .output = std::string(text), .end = {}});
    });
    post({.source = source, .output = {}, .end = std::move(end)});
  });
}

void DevSession::ended(Project& project, DevJobEnd end) {
  running_--;
  project.job.reset();
  project.serves = end.serves;
  const code::Function& function = *project.files.function();
  if (project.retired) {
    places_due_ = steady_clock::now();  // it may have come back
    return retire(project);
  }
  if (end.kind == DevJobEnd::Kind::Stopped) {  // because of a change, which begins the next one
    (void)project.files.look(DevProject::During::Build);
    return;
  }
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - project.job_for.since);
  project.settled = true;
  if (end.kind == DevJobEnd::Kind::Serves) {
    if (!project.serving_name.empty() && project.serving_name != function.name) {
      stage_->remove(project.serving_name);
      parts_.view.removed(project.serving_name);
    }
    project.serving_name = function.name;
    parts_.browsers.changed(function.name);
    parts_.view.serves(function.name, end, project.job_for.file, took);
  } else {
    parts_.browsers.problem(function.name, end.problem);
    parts_.view.failed(function.name, end, project.job_for.file, project.output);
  }
  if (!project.wanted) {
    project.files.end(end.kind == DevJobEnd::Kind::Serves ? DevProject::Outcome::Good : DevProject::Outcome::Bad,
                      end.inputs);
  }
  touch(project, steady_clock::now());  // what has changed since it began
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

// Takes it away, once no job of it can bring it back. It is gone then.
void DevSession::retire(Project& project) {
  if (project.job) return project.job->stop();
  const std::string name = project.files.function() ? project.files.function()->name : std::string();
  for (const std::string& each : {name, project.serving_name}) {
    if (!each.empty()) stage_->remove(each);
  }
  if (!name.empty()) parts_.view.removed(name);
  projects_.erase(fs::path(project.files.source()));
}

void DevSession::end_first_pass() {
  if (!first_pass_) return;
  const auto is_settled = [](const auto& each) { return each.second->settled; };
  if (!std::ranges::all_of(projects_, is_settled)) return;
  first_pass_ = false;
  DevView::Ready ready{.address = address_,
                       .domain = parts_.settings.node.domain,
                       .functions = {},
                       .default_function = stage_->default_function(),
                       .watching = parts_.watch != DevWatch::No};
  for (const auto& [source, project] : projects_) {
    if (project->files.function()) ready.functions.push_back(*project->files.function());
  }
  const auto serves = [](const auto& each) { return each.second->serves; };
  if (parts_.watch == DevWatch::No && std::ranges::none_of(projects_, serves)) {
    nothing_serves_ = true;
    return parts_.on_nothing();
  }
  parts_.view.ready(ready);
  if (ready.functions.empty()) return;
  parts_.on_ready(url_of(ready.functions.front().name + "." + ready.domain, ready.address));
}

}  // namespace peko::cli
