#include "base/child_start.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ranges>

#include "base/unique_fd.hpp"

namespace peko {
namespace {

// The system's two lists of what happens between fork and exec; freed with it.
class Plan {
 public:
  Plan() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
  }
  ~Plan() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;

  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
};

// None is blocked; a program does not expect that SIGPIPE is ignored, as it is here.
void add_signals(posix_spawnattr_t& attributes) {
  sigset_t signals;
  sigemptyset(&signals);
  posix_spawnattr_setsigmask(&attributes, &signals);
  sigaddset(&signals, SIGPIPE);
  posix_spawnattr_setsigdefault(&attributes, &signals);
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> list;
  list.reserve(words.size() + 1);
  for (std::string& word : words) list.push_back(word.data());
  list.push_back(nullptr);
  return list;
}

std::unexpected<Error> system_failure(int number) { return fail(Code::Unavailable, std::strerror(number)); }

}  // namespace

ChildStart& ChildStart::give(int number, int file) {
  given_.emplace_back(number, file);
  return *this;
}

ChildStart& ChildStart::in_folder(std::filesystem::path folder) {
  folder_ = std::move(folder);
  return *this;
}

ChildStart& ChildStart::in_own_session() {
  own_session_ = true;
  return *this;
}

Result<pid_t> ChildStart::start(const std::filesystem::path& program, std::vector<std::string> words,
                                std::vector<std::string> environment) const {
  int end = STDERR_FILENO + 1;
  for (const int number : given_ | std::views::keys) end = std::max(end, number + 1);
  Plan plan;
  for (int number = 0; number < end; ++number) {
    posix_spawn_file_actions_addopen(&plan.actions, number, "/dev/null", O_RDWR, 0);
  }
  std::vector<UniqueFd> moved;  // by numbers that are none of the child's: what becomes one of them replaces no other
  for (const auto& [number, file] : given_) {
    if (file < 0) continue;
    moved.emplace_back(::fcntl(file, F_DUPFD_CLOEXEC, end));
    if (!moved.back()) return system_failure(errno);
    posix_spawn_file_actions_adddup2(&plan.actions, moved.back().get(), number);
  }
  posix_spawn_file_actions_addclosefrom_np(&plan.actions, end);
  if (!folder_.empty()) posix_spawn_file_actions_addchdir_np(&plan.actions, folder_.c_str());
  add_signals(plan.attributes);
  const int group = own_session_ ? POSIX_SPAWN_SETSID : POSIX_SPAWN_SETPGROUP;
  posix_spawnattr_setflags(&plan.attributes,
                           static_cast<short>(group | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF));

  pid_t pid = 0;
  const int failed = ::posix_spawn(&pid, program.c_str(), &plan.actions, &plan.attributes, pointers(words).data(),
                                   pointers(environment).data());
  if (failed != 0) return system_failure(failed);
  return pid;
}

int reap(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

}  // namespace peko
