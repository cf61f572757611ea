#include "cli/dev_session.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/assert.hpp"
#include "code/folder.hpp"

namespace peko::cli {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using std::chrono::steady_clock;

/// The output of a build that takes longer is shown as it comes.
constexpr auto kStreamAfter = 1s;

}  // namespace

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

void DevSession::start(node::FunctionStage& stage, Addresses addresses) {
  stage_ = &stage;
  addresses_ = std::move(addresses);
  thread_ = std::thread([this] { run(); });
}

void DevSession::stop() { stop_.stop(); }

bool DevSession::join(std::chrono::milliseconds patience) {
  if (thread_.joinable()) thread_.join();
  return jobs_.stop(patience);
}

void DevSession::run() {
  ::pthread_setname_np(::pthread_self(), "peko-dev");
  for (const auto& [source, project] : projects_) {
    if (project->wrong_settings) parts_.view.problem(source, "", *project->wrong_settings);
    (void)project->files.look(DevProject::During::Rest);
    if (project->files.function()) want(*project, project->files.first_work(), {});
    project->files.begin();
  }
  if (parts_.watch != DevWatch::No) begin_watching();
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

// What is not taken in time is added up: a terminal may be slower than a build, and may stand still.
void DevSession::post(const fs::path& source, std::string_view output, std::optional<DevJobEnd> end) {
  {
    const std::scoped_lock lock(mutex_);
    Message& waiting = messages_[source];
    waiting.output.append(output);
    waiting.end = std::move(end);
  }
  (void)!::write(wake_writing_.get(), "", 1);  // a full pipe wakes, too
}

void DevSession::take_messages() {
  std::array<char, 256> ignored{};
  while (::read(wake_reading_.get(), ignored.data(), ignored.size()) > 0) {
  }
  std::map<fs::path, Message> messages;
  {
    const std::scoped_lock lock(mutex_);
    messages.swap(messages_);
  }
  for (auto& [source, message] : messages) {
    const auto at = projects_.find(source);
    if (at == projects_.end()) continue;
    at->second->output.append(message.output.text());
    if (message.end) ended(*at->second, std::move(*message.end));
  }
}

void DevSession::show_builds() {
  const Time now = steady_clock::now();
  std::map<std::string, std::chrono::seconds> builds;
  for (const auto& [source, project] : projects_) {
    if (!project->job || project->retired) continue;
    const auto age = now - project->job_begun;
    if (age < kStreamAfter) continue;
    builds[project->job_function.name] = std::chrono::duration_cast<std::chrono::seconds>(age);
    if (const std::string lines = project->output.take_lines(); !lines.empty()) {
      parts_.view.output(project->job_function.name, lines);
    }
  }
  parts_.view.building(builds);
}

void DevSession::start_jobs() {
  for (const auto& [source, project] : projects_) {
    if (running_ >= jobs_max_) return;
    if (project->wanted && !project->job && !project->retired && !must_wait(*project)) start_job(*project);
  }
}

void DevSession::start_job(Project& project) {
  DevJob job{.function = *project.files.function(),
             .work = *std::exchange(project.wanted, std::nullopt),
             .serves = project.serves(),
             .output = parts_.output,
             .products = project.files.product_scope()};
  project.assets_changed = project.assets_changed || project.files.assets_changed();
  project.files.begin();
  project.job = std::make_shared<StopWish>();
  project.job_for = std::move(project.wanted_for);
  project.job_work = job.work;
  project.job_function = job.function;
  project.job_begun = steady_clock::now();
  project.output = {};
  take_name(project, job.function.name);
  project.staged.insert(job.function.name);
  running_++;
  stage_->expect(job.function);
  jobs_.post([this, job = std::move(job), stop = project.job, source = project.files.source()] {
    DevJobEnd end =
        run_dev_job(job, *stage_, parts_.environment, *stop, [&](std::string_view text) { post(source, text, {}); });
    post(source, {}, std::move(end));
  });
}

void DevSession::ended(Project& project, DevJobEnd end) {
  running_--;
  project.job.reset();
  if (!end.serves) {
    project.serves_as.clear();
  } else if (end.kind == DevJobEnd::Kind::Serves || !project.serves()) {
    project.serves_as = project.job_function.name;
  }
  if (project.retired) {
    places_due_ = steady_clock::now();  // it may have come back
    return retire(project);
  }
  if (end.kind == DevJobEnd::Kind::Stopped) {  // because of a change, which begins the next one
    if (project.job_work == DevJob::Work::Build) (void)project.files.look(DevProject::During::Build);
    return;
  }
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - project.job_for.since);
  project.settled = true;
  if (project.job_work == DevJob::Work::Build || end.kind == DevJobEnd::Kind::Serves) {
    project.build_failed = end.kind == DevJobEnd::Kind::BuildFailed;
  }
  const bool assets_changed = std::exchange(project.assets_changed, false);
  if (end.kind == DevJobEnd::Kind::Serves) {
    remove_names(project, project.job_function.name);
    parts_.browsers.changed(project.job_function.name);
    parts_.view.serves(project.job_function.name, end, project.job_for.file, took);
  } else {
    parts_.browsers.problem(project.job_function.name, end.problem);
    if (assets_changed) parts_.browsers.reload(project.job_function.name);
    parts_.view.failed(project.job_function.name, end, project.job_for.file, project.output.text());
  }
  if (!project.wanted && project.job_work == DevJob::Work::Build) {
    const bool good = end.kind == DevJobEnd::Kind::Serves;
    tell_blamed(project, project.files.end(good ? DevProject::Outcome::Good : DevProject::Outcome::Bad, end.inputs,
                                           std::move(end.products)));
  }
  touch(project, steady_clock::now());  // what has changed since it began
}

void DevSession::end_first_pass() {
  if (!first_pass_) return;
  const auto is_settled = [](const auto& each) { return each.second->settled; };
  if (!std::ranges::all_of(projects_, is_settled)) return;
  first_pass_ = false;
  DevView::Ready ready{.address = addresses_.functions,
                       .admin = addresses_.admin,
                       .domain = parts_.settings.node.domain,
                       .functions = {},
                       .default_function = stage_->default_function(),
                       .watching = parts_.watch != DevWatch::No};
  for (const auto& [source, project] : projects_) {
    if (project->files.function()) ready.functions.push_back(*project->files.function());
  }
  const auto serves = [](const auto& each) { return each.second->serves(); };
  if (parts_.watch == DevWatch::No && std::ranges::none_of(projects_, serves)) {
    nothing_serves_ = true;
    return parts_.on_nothing();
  }
  parts_.view.ready(ready);
  if (ready.functions.empty()) return;
  parts_.on_ready(url_of(ready.functions.front().name + "." + ready.domain, ready.address));
}

}  // namespace peko::cli
