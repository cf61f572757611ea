#include "cli/build_child.hpp"

#include <fmt/format.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/child_environment.hpp"
#include "base/child_start.hpp"
#include "code/paths.hpp"

namespace peko::cli {

Result<BuildChild> BuildChild::start(const BuildPlan& plan) {
  std::vector<std::string> environment = environment_without_secrets();
  environment.insert(environment.end(), plan.environment.begin(), plan.environment.end());
  Result<pid_t> pid = ChildStart()
                          .give(STDOUT_FILENO, plan.output)
                          .give(STDERR_FILENO, plan.errors)
                          .in_folder(plan.folder)
                          .start("/bin/sh", {"sh", "-c", plan.command}, std::move(environment));
  if (!pid) return fail(std::move(pid.error()), fmt::format("starting the build in {}", code::shown(plan.folder)));
  UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, *pid, 0)));
  const int failed = errno;
  BuildChild child(*pid, std::move(process));
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
