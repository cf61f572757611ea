#include "cli/build_child.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/child_environment.hpp"
#include "code/paths.hpp"

namespace peko::cli {
namespace {

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
  int run(pid_t& pid, const BuildPlan& plan) {
    std::string command = plan.command;
    std::vector<std::string> more = plan.environment;
    std::string shell = "sh";
    std::string flag = "-c";
    const std::array<char*, 4> words = {shell.data(), flag.data(), command.data(), nullptr};
    return ::posix_spawn(&pid, "/bin/sh", &actions_, &attributes_, words.data(),
                         environment_without_secrets(more).data());
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

}  // namespace

Result<BuildChild> BuildChild::start(const BuildPlan& plan) {
  pid_t pid = 0;
  if (const int failed = Spawn(plan).run(pid, plan); failed != 0) {
    return fail(Code::Unavailable,
                fmt::format("starting the build in {}: {}", code::shown(plan.folder), std::strerror(failed)));
  }
  UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  const int failed = errno;
  BuildChild child(pid, std::move(process));
  if (child.process_) return child;
  return fail(Code::Unavailable,
              fmt::format("watching the build (pidfd_open; Linux 5.3 or later is needed): {}", std::strerror(failed)));
}

BuildChild::BuildChild(BuildChild&& other) noexcept
    : group_(other.group_), pid_(std::exchange(other.pid_, 0)), process_(std::move(other.process_)) {}

BuildChild::~BuildChild() {
  if (pid_ == 0) return;
  tell(SIGKILL);
  (void)reap(pid_);
}

int BuildChild::end() { return reap(std::exchange(pid_, 0)); }

std::string shown_build(const BuildPlan& plan) {
  return fmt::format("`{}` in {}", plan.command, code::shown(plan.folder));
}

Status judge_build(const BuildPlan& plan, int status) {
  if (WIFSIGNALED(status)) {
    return fail(Code::Invalid, fmt::format("the build was ended by a signal ({}): {}", ::strsignal(WTERMSIG(status)),
                                           shown_build(plan)));
  }
  if (const int number = WEXITSTATUS(status); number != 0) {
    std::string why;
    if (number == 127) why = "; a program that it starts is not installed, or the path is wrong";
    // So a shell tells of a program that was killed.
    if (number > 128 && number <= 128 + SIGRTMAX) why = fmt::format("; {} ended it", ::strsignal(number - 128));
    return fail(Code::Invalid, fmt::format("the build failed with status {}: {}{}", number, shown_build(plan), why));
  }
  return {};
}

}  // namespace peko::cli
