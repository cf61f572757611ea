/// DevSession: what `peko dev` does while it runs: watches projects, builds what has changed, swaps it in.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "cli/build_run.hpp"
#include "cli/build_text.hpp"
#include "cli/dev_job.hpp"
#include "cli/dev_project.hpp"
#include "cli/dev_view.hpp"
#include "cli/settings.hpp"
#include "edge/dev_channel.hpp"
#include "node/function_stage.hpp"
#include "node/work_queue.hpp"
#include "watch/hints.hpp"

namespace peko::cli {

/// How changes are noticed.
enum class DevWatch { No, Hints, Looking };

struct DevSessionParts {
  std::vector<std::filesystem::path> paths;  ///< as given: new projects may come below them
  const Settings& settings;
  const Environment& environment;
  DevView& view;
  edge::DevChannel& browsers;
  DevWatch watch = DevWatch::Hints;
  DevJob::Output output = DevJob::Output::Plain;
  /// The first pass is over: `url` is that of the first function. Not called when there is none.
  std::function<void(const std::string& url)> on_ready;
  /// Nothing serves, and nothing will.
  std::function<void()> on_nothing;
};

/// A thread of its own decides; builds run on others, one at a time for each project, no more at once than there are
/// cores. The view, the stage's changes and the browsers are told by that thread alone, but for FunctionStage::put.
class DevSession {
 public:
  /// All that `parts` refers to outlives it.
  explicit DevSession(DevSessionParts parts);
  /// After start(), join() comes first.
  ~DevSession();
  DevSession(const DevSession&) = delete;
  DevSession& operator=(const DevSession&) = delete;

  /// Reads all projects' settings; what is wrong with them is shown later. Before start(), once. Errors as
  /// code::discover_projects.
  Status read_projects();
  /// Of the functions whose settings are right.
  [[nodiscard]] std::vector<std::string> names() const;
  /// What the node listens on.
  struct Addresses {
    std::string functions;
    std::string admin;  ///< empty: nothing
  };
  /// Brings all functions to `stage`, and keeps them as their files are.
  void start(node::FunctionStage& stage, Addresses addresses);
  /// Ends builds and begins nothing any more. Any thread.
  void stop();
  /// After stop(): false when a compilation does not end within `patience`; then what `parts` refers to must stay until
  /// the process ends.
  bool join(std::chrono::milliseconds patience);
  /// After join(): whether it has ended because nothing serves.
  [[nodiscard]] bool nothing_serves() const { return nothing_serves_; }

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Project {
    Project(std::filesystem::path source, const code::LimitsMax& maxima) : files(std::move(source), maxima) {}

    [[nodiscard]] bool serves() const { return !serves_as.empty(); }

    DevProject files;
    std::optional<Error> wrong_settings;    // at the start
    bool settled = false;                   // the first pass is over for it
    std::string serves_as;                  // the name of some version of it; empty: none serves
    bool build_failed = false;              // the last one, and nothing else was put in its place since
    std::set<std::string> staged;           // the names under which the stage may know it
    std::optional<code::Function> refused;  // its settings, as long as another project has their name or a route
    bool missing = false;                   // its source is gone, or is being saved
    bool retired = false;                   // gone; waits for its job to end

    std::optional<Time> due;  // when its files are looked at
    Time touched;             // the first hint
    bool removal_seen = false;
    bool told_size = false;

    struct Cause {
      std::filesystem::path file;  // empty: the start
      Time since;
    };
    std::optional<DevJob::Work> wanted;  // to be begun
    Cause wanted_for;

    std::shared_ptr<StopWish> job;  // null: none runs
    DevJob::Work job_work = DevJob::Work::Load;
    code::Function job_function;  // as it was when the job began
    Cause job_for;
    Time job_begun;
    bool assets_changed = false;  // since pages were last told to reload, and before the job began
    BuildOutput output;           // of its build, not shown yet
  };
  /// From the thread of a project's job.
  struct Message {
    BuildOutput output;
    std::optional<DevJobEnd> end;
  };

  // The thread, and its jobs (dev_session.cpp).
  void run();
  void wait();
  void take_messages();
  void ended(Project& project, DevJobEnd end);
  void post(const std::filesystem::path& source, std::string_view output, std::optional<DevJobEnd> end);

  void start_jobs();
  void start_job(Project& project);
  void show_builds();
  void end_first_pass();

  // What is watched, and what follows from it (dev_session_watch.cpp).
  void begin_watching();
  void take_hints();
  void touch(Project& project, Time when);
  void look_at_what_is_due();
  void look_at(Project& project);
  void look_at_places();
  void watch_folders();
  void take_settings(Project& project, const DevChange& change);
  [[nodiscard]] Status check_names(const Project& project, const code::Function& function) const;
  void try_refused_again();
  void want(Project& project, DevJob::Work work, const std::filesystem::path& changed);
  void tell_blamed(const Project& project, const std::optional<std::filesystem::path>& blamed);
  void remove_names(Project& project, std::string_view kept);
  void take_name(const Project& project, const std::string& name);
  [[nodiscard]] bool must_wait(const Project& project) const;
  void retire(Project& project);

  const DevSessionParts parts_;
  node::FunctionStage* stage_ = nullptr;  // from start() on
  Addresses addresses_;
  const unsigned jobs_max_;
  watch::Hints hints_;
  std::map<std::filesystem::path, std::unique_ptr<Project>> projects_;  // by source
  std::set<std::filesystem::path> places_;                              // folders in which projects may come and go
  std::optional<Time> places_due_;
  Time looking_due_;
  bool first_pass_ = true;
  bool nothing_serves_ = false;
  unsigned running_ = 0;

  StopWish stop_;
  UniqueFd wake_reading_;
  UniqueFd wake_writing_;
  std::mutex mutex_;
  std::map<std::filesystem::path, Message> messages_;  // under the mutex; by source

  node::WorkQueue jobs_;
  std::thread thread_;
};

}  // namespace peko::cli
