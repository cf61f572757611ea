#include "cli/build_process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <thread>

#include "cli/captured.hpp"
#include "code/test_folder.hpp"

namespace peko::cli {
namespace {

using testing::HasSubstr;

/// Whether a process is there and no zombie (proc(5): pid, name, state).
bool is_running(pid_t process) {
  std::ifstream stat("/proc/" + std::to_string(process) + "/stat");
  std::string word;
  std::string state;
  return stat >> word >> word >> state && state != "Z" && state != "X";
}

class BuildProcess : public testing::Test {
 protected:
  Status run(std::string command) {
    return run_build({.command = std::move(command),
                      .folder = folder_.path(),
                      .output = out_.terminal().descriptor(),
                      .errors = err_.terminal().descriptor()});
  }

  /// Sends this process signals once the build has made the file `ready`.
  std::jthread signal_when_ready(int number, int then = 0) {
    return std::jthread([this, number, then](const std::stop_token& stop) {
      while (!stop.stop_requested() && !std::filesystem::exists(folder_.path() / "ready")) {
        std::this_thread::yield();
      }
      if (stop.stop_requested()) return;
      ::kill(::getpid(), number);
      if (then != 0) ::kill(::getpid(), then);
    });
  }

  code::TestFolder folder_;
  Captured out_;
  Captured err_;
};

TEST_F(BuildProcess, RunsInTheProjectsFolderAndStreamsBoth) {
  EXPECT_TRUE(run("pwd; echo wrong >&2; echo made > result"));
  EXPECT_EQ(out_.text(), folder_.path().string() + "\n");
  EXPECT_EQ(err_.text(), "wrong\n");
  EXPECT_TRUE(std::filesystem::exists(folder_.path() / "result"));
}

TEST_F(BuildProcess, SeesTheEnvironmentButNotTheOperatorsSecrets) {
  ASSERT_EQ(::setenv("PEKO_ADMIN_TOKEN", "0123456789abcdef", 1), 0);
  ASSERT_EQ(::setenv("PEKO_DOMAIN", "a.example", 1), 0);
  EXPECT_TRUE(run("env"));
  ::unsetenv("PEKO_ADMIN_TOKEN");
  ::unsetenv("PEKO_DOMAIN");
  EXPECT_THAT(out_.text(), HasSubstr("PEKO_DOMAIN=a.example\n"));
  EXPECT_THAT(out_.text(), testing::Not(HasSubstr("0123456789abcdef")));
}

TEST_F(BuildProcess, ReadsNothing) {
  EXPECT_TRUE(run("cat"));
  EXPECT_EQ(out_.text(), "");
}

TEST_F(BuildProcess, ThatFailsSaysItsStatusAndWhatRan) {
  const Status done = run("exit 7");
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::Invalid);
  EXPECT_THAT(done.error().message, HasSubstr("the build failed with status 7: `exit 7` in "));
  EXPECT_THAT(run("no-such-tool-anywhere").error().message, HasSubstr("not installed"));
  EXPECT_THAT(run("kill -9 $$").error().message, HasSubstr("ended by a signal"));
}

TEST_F(BuildProcess, WhoseFolderIsGoneIsNotStarted) {
  const Status done = run_build({.command = "true",
                                 .folder = folder_.path() / "absent",
                                 .output = out_.terminal().descriptor(),
                                 .errors = err_.terminal().descriptor()});
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message, HasSubstr("starting the build"));
}

TEST_F(BuildProcess, IsToldOfCtrlCAndMayCleanUp) {
  const std::jthread person = signal_when_ready(SIGINT);
  const Status done = run("trap 'echo cleaned > cleaned; exit 1' INT; touch ready; while :; do sleep 0.01; done");
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message, HasSubstr("stopped (Interrupt)"));
  EXPECT_TRUE(std::filesystem::exists(folder_.path() / "cleaned"));
}

TEST_F(BuildProcess, LeavesNoChildBehind) {
  // The shell ends at once, its child ignores the first signal; the second one is an order.
  const std::jthread person = signal_when_ready(SIGTERM, SIGINT);
  ASSERT_FALSE(run("(trap '' TERM; echo $BASHPID > /dev/null; exec sleep 1000) & echo $! > child; touch ready; wait"));
  std::ifstream file(folder_.path() / "child");
  pid_t child = 0;
  ASSERT_TRUE(file >> child);
  // It has been killed; the kernel may take a moment, and whoever adopted it may not have reaped it yet.
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (is_running(child) && std::chrono::steady_clock::now() < patience) std::this_thread::yield();
  EXPECT_FALSE(is_running(child));
}

TEST_F(BuildProcess, TakesNoSignalOfOthersAfterwards) {
  ASSERT_TRUE(run("true"));
  struct sigaction now{};
  ASSERT_EQ(::sigaction(SIGINT, nullptr, &now), 0);
  EXPECT_EQ(now.sa_handler, SIG_DFL);
}

}  // namespace
}  // namespace peko::cli
