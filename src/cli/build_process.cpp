#include "cli/build_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <string_view>
#include <vector>

#include "base/unique_fd.hpp"
#include "code/paths.hpp"

namespace peko::cli {
namespace {

using std::chrono::steady_clock;

/// How long a build that was told to stop may clean up after itself.
constexpr std::chrono::seconds kStopTime{5};

std::unexpected<Error> system_failure(std::string_view doing, int number = errno) {
  return fail(Code::Unavailable, fmt::format("{}: {}", doing, std::strerror(number)));
}

constexpr std::array kStopSignals = {SIGINT, SIGTERM, SIGHUP};

/// Where the handler writes the numbers of signals; -1: nowhere.
std::atomic<int> signal_pipe = -1;

void take_signal(int number) {
  const int error = errno;
  const char byte = static_cast<char>(number);
  (void)!::write(signal_pipe.load(), &byte, 1);
  errno = error;
}

/// While it lives, signals that would end the process can be read, whichever thread gets them. Those that are ignored
/// (as by nohup) stay so.
class CaughtSignals {
 public:
  CaughtSignals() {
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return;
    reading_ = UniqueFd(ends[0]);
    writing_ = UniqueFd(ends[1]);
    signal_pipe = writing_.get();
    for (std::size_t i = 0; i < kStopSignals.size(); ++i) {
      ::sigaction(kStopSignals.at(i), nullptr, &before_.at(i));
      if (before_.at(i).sa_handler == SIG_IGN) continue;
      struct sigaction caught{};
      caught.sa_handler = take_signal;
      caught.sa_flags = SA_RESTART;
      ::sigaction(kStopSignals.at(i), &caught, nullptr);
    }
  }
  ~CaughtSignals() {
    if (!reading_) return;
    for (std::size_t i = 0; i < kStopSignals.size(); ++i) ::sigaction(kStopSignals.at(i), &before_.at(i), nullptr);
    signal_pipe = -1;
  }
  CaughtSignals(const CaughtSignals&) = delete;
  CaughtSignals& operator=(const CaughtSignals&) = delete;

  [[nodiscard]] int descriptor() const { return reading_.get(); }
  /// The number of one that has come; 0: none.
  [[nodiscard]] int take() const {
    char byte = 0;
    return ::read(reading_.get(), &byte, 1) == 1 ? byte : 0;
  }

 private:
  UniqueFd reading_;
  UniqueFd writing_;
  std::array<struct sigaction, kStopSignals.size()> before_{};
};

/// This process's environment without secrets of the operator, which are no business of what a build runs.
std::vector<char*> environment_of_build() {
  std::vector<char*> kept;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view variable = *entry;
    const bool secret = variable.starts_with("PEKO_ADMIN_TOKEN=") || variable.starts_with("PEKO_ALERT_WEBHOOK=");
    if (!secret) kept.push_back(*entry);
  }
  kept.push_back(nullptr);
  return kept;
}

/// How a child is started; freed with it.
class Spawn {
 public:
  explicit Spawn(const BuildPlan& plan) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions_, plan.output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, plan.errors, STDERR_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    posix_spawn_file_actions_addchdir_np(&actions_, plan.folder.c_str());
    sigset_t fresh;
    sigemptyset(&fresh);
    sigaddset(&fresh, SIGPIPE);  // this program ignores it, a build does not expect that
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigdefault(&attributes_, &fresh);
  }
  ~Spawn() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  Spawn(const Spawn&) = delete;
  Spawn& operator=(const Spawn&) = delete;

  /// 0, or an errno.
  int run(pid_t& pid, std::string command) {
    std::string shell = "sh";
    std::string flag = "-c";
    const std::array<char*, 4> words = {shell.data(), flag.data(), command.data(), nullptr};
    return ::posix_spawn(&pid, "/bin/sh", &actions_, &attributes_, words.data(), environment_of_build().data());
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

int reap(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

/// Gives the group that `pid` led time to end, and ends it; another signal ends it at once.
void end_group(pid_t pid, const CaughtSignals& signals, steady_clock::time_point deadline) {
  pollfd signal = {.fd = signals.descriptor(), .events = POLLIN, .revents = 0};
  while (::kill(-pid, 0) == 0 && steady_clock::now() < deadline && ::poll(&signal, 1, 10) <= 0) {
  }
  ::kill(-pid, SIGKILL);
}

struct End {
  int status = 0;   ///< of waitpid
  int stopped = 0;  ///< the signal that this process got; 0: none
};

End wait_for(pid_t pid, const UniqueFd& process, const CaughtSignals& signals) {
  End end;
  auto deadline = steady_clock::time_point::max();
  for (;;) {
    std::array<pollfd, 2> ready = {pollfd{.fd = process.get(), .events = POLLIN, .revents = 0},
                                   pollfd{.fd = signals.descriptor(), .events = POLLIN, .revents = 0}};
    ::poll(ready.data(), ready.size(), end.stopped == 0 ? -1 : 100);
    if (const int signal = signals.take(); signal != 0) {
      if (end.stopped == 0) deadline = steady_clock::now() + kStopTime;
      ::kill(-pid, end.stopped == 0 ? signal : SIGKILL);
      end.stopped = signal;
    }
    if (end.stopped != 0 && steady_clock::now() >= deadline) ::kill(-pid, SIGKILL);
    if ((ready[0].revents & POLLIN) != 0) break;
  }
  end.status = reap(pid);
  if (end.stopped != 0) end_group(pid, signals, deadline);
  return end;
}

Status judge(const BuildPlan& plan, const End& end) {
  const std::string what = fmt::format("`{}` in {}", plan.command, code::shown(plan.folder));
  if (end.stopped != 0) {
    return fail(Code::Unavailable, fmt::format("stopped ({}) while {} ran", ::strsignal(end.stopped), what));
  }
  if (WIFSIGNALED(end.status)) {
    return fail(Code::Invalid,
                fmt::format("the build was ended by a signal ({}): {}", ::strsignal(WTERMSIG(end.status)), what));
  }
  if (const int status = WEXITSTATUS(end.status); status != 0) {
    const std::string_view why =
        status == 127 ? "; a program that it starts is not installed, or the path is wrong" : "";
    return fail(Code::Invalid, fmt::format("the build failed with status {}: {}{}", status, what, why));
  }
  return {};
}

}  // namespace

Status run_build(const BuildPlan& plan) {
  const CaughtSignals signals;
  if (signals.descriptor() < 0) return system_failure("watching for signals");
  pid_t pid = 0;
  if (const int failed = Spawn(plan).run(pid, plan.command); failed != 0) {
    return system_failure(fmt::format("starting the build in {}", code::shown(plan.folder)), failed);
  }
  const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!process) {
    ::kill(-pid, SIGKILL);
    (void)reap(pid);
    return system_failure("watching the build (pidfd_open; Linux 5.3 or later is needed)");
  }
  return judge(plan, wait_for(pid, process, signals));
}

}  // namespace peko::cli
