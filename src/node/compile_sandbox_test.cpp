#include "node/compile_sandbox.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <thread>

namespace peko::node {
namespace {

constexpr CompileLimits kLimits{.memory_mb = 64, .cpu = std::chrono::seconds(1)};
constexpr int kNoSandbox = 99;

/// How a process ends that does this in the sandbox: its exit status, or 1000 + the signal.
int end_of(const std::function<int()>& deed, const CompileLimits& limits = kLimits) {
  const pid_t child = ::fork();
  if (child == 0) {
    const Result<std::string> entered = enter_compile_sandbox(limits);
    if (!entered || !entered->empty()) ::_exit(kNoSandbox);
    ::_exit(deed());
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

class CompileSandbox : public testing::Test {
 protected:
  void SetUp() override {
    if (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer)) {
      GTEST_SKIP() << "sanitizers need what it forbids";
    }
    if (end_of([] { return 0; }) == kNoSandbox) GTEST_SKIP() << "this kernel does not filter system calls";
  }
};

TEST_F(CompileSandbox, LetsACompilerCompute) {
  EXPECT_EQ(end_of([] {
              int sum = 0;
              std::thread other([&sum] {
                for (const int value : std::vector<int>(100'000, 1)) sum += value;
              });
              other.join();
              return sum == 100'000 ? 0 : 1;
            }),
            0);
}

TEST_F(CompileSandbox, OpensNoFile) {
  const auto opens = [](const char* path, int how) { return [=] { return ::open(path, how, 0600) < 0 ? errno : 0; }; };
  EXPECT_EQ(end_of(opens("/etc/passwd", O_RDONLY)), EACCES);
  EXPECT_EQ(end_of(opens("/proc/self/environ", O_RDONLY)), EACCES);
  EXPECT_EQ(end_of(opens("/tmp/peko-sandbox-test", O_WRONLY | O_CREAT)), EACCES);
}

TEST_F(CompileSandbox, EndsWhoTriesMore) {
  const std::function<int()> deeds[] = {
      [] { return static_cast<int>(::syscall(SYS_socket, 2, 1, 0)); },
      [] { return ::execl("/bin/true", "true", nullptr); },
      [] { return ::kill(::getppid(), SIGTERM); },
      [] { return static_cast<int>(::syscall(SYS_ptrace, 0, 0, 0, 0)); },
      [] { return static_cast<int>(::syscall(SYS_unshare, 0)); },
  };
  for (const auto& deed : deeds) EXPECT_EQ(end_of(deed), 1000 + SIGSYS);
}

TEST_F(CompileSandbox, MakesThreadsButNoProcesses) {
  EXPECT_EQ(end_of([] { return ::fork() < 0 ? errno : 0; }), ENOSYS);
  EXPECT_EQ(end_of([] { return ::syscall(SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0) < 0 ? errno : 0; }), ENOSYS);
  EXPECT_EQ(end_of([] {
              const rlimit more{.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
              return ::setrlimit(RLIMIT_DATA, &more) < 0 ? errno : 0;
            }),
            ENOSYS);
}

TEST_F(CompileSandbox, HasBoundedMemoryTimeAndFiles) {
  EXPECT_EQ(end_of([] {
              const auto taken = [](int how) {
                std::size_t bytes = 0;
                constexpr std::size_t kPiece = std::size_t{16} << 20;
                while (::mmap(nullptr, kPiece, PROT_READ | PROT_WRITE, how | MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
                  bytes += kPiece;
                return bytes >> 20;
              };
              if (taken(MAP_PRIVATE) > 64) return 1;
              return taken(MAP_SHARED) > 0 && taken(MAP_SHARED) == 0 ? 0 : 2;
            }),
            0);
  EXPECT_EQ(end_of([] {
              for (volatile int spin = 0;; spin = spin + 1) {
              }
              return 0;
            }),
            1000 + SIGXCPU);
  const int file = ::memfd_create("test", 0);
  EXPECT_EQ(end_of([file] {
              if (::lseek(file, static_cast<off_t>(kArtifactBytesMax), SEEK_SET) < 0) return 1;
              return ::write(file, "x", 1) == 1 ? 2 : 3;
            }),
            1000 + SIGXFSZ);
  ::close(file);
}

TEST_F(CompileSandbox, IsOfLowPriorityAndLeavesNoCore) {
  EXPECT_EQ(end_of([] {
              rlimit core{.rlim_cur = 1, .rlim_max = 1};
              return ::getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_max == 0 ? 0 : 1;
            }),
            0);
}

/// The grandchild would run for ever; its pipe ends only when it does.
TEST_F(CompileSandbox, EndsWithItsParent) {
  int alive[2];
  ASSERT_EQ(::pipe(alive), 0);
  const pid_t parent = ::fork();
  if (parent == 0) {
    if (::fork() == 0) {
      ::close(alive[0]);
      if (enter_compile_sandbox({}).has_value()) (void)::write(alive[1], "r", 1);
      for (;;) std::this_thread::sleep_for(std::chrono::hours(1));  // tidy: waits to be killed
    }
    ::pause();
  }
  ::close(alive[1]);
  char ready = 0;
  ASSERT_EQ(::read(alive[0], &ready, 1), 1);
  ::kill(parent, SIGKILL);
  EXPECT_EQ(::read(alive[0], &ready, 1), 0) << "the end of the pipe: nobody has it open";
  ::waitpid(parent, nullptr, 0);
  ::close(alive[0]);
}

}  // namespace
}  // namespace peko::node
