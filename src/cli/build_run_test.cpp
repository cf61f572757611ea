#include "cli/build_run.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "code/test_folder.hpp"

namespace peko::cli {
namespace {

class BuildRun : public testing::Test {
 protected:
  Status run(std::string command) {
    return run_build_until({.command = std::move(command), .folder = folder_.path(), .environment = {"WORD=hello"}},
                           stop_, [this](std::string_view text) { output_ += text; });
  }
  std::jthread stop_when_ready() {
    return std::jthread([this](const std::stop_token& token) {
      while (!token.stop_requested() && !std::filesystem::exists(folder_.path() / "ready")) std::this_thread::yield();
      stop_.stop();
    });
  }
  /// The process whose number a build has written to a file.
  [[nodiscard]] int process(std::string_view file) const {
    std::ifstream number(folder_.path() / file);
    int pid = 0;
    number >> pid;
    EXPECT_GT(pid, 1);
    return pid;
  }
  /// False when it is gone or a zombie.
  [[nodiscard]] bool lives(std::string_view file) const {
    std::ifstream stat("/proc/" + std::to_string(process(file)) + "/stat");
    std::string word;
    std::string state;
    return stat >> word >> word >> state && state != "Z";
  }

  code::TestFolder folder_;
  StopWish stop_;
  std::string output_;
};

TEST_F(BuildRun, HearsBothStreamsInTheirOrder) {
  EXPECT_TRUE(run("echo one; echo two >&2; printf $WORD"));
  EXPECT_EQ(output_, "one\ntwo\nhello");
}

TEST_F(BuildRun, HearsMoreThanAPipeHolds) {
  EXPECT_TRUE(run("head -c 300000 /dev/zero | tr '\\0' x"));
  EXPECT_EQ(output_.size(), 300'000U);
}

TEST_F(BuildRun, TellsOfAFailure) {
  const Status failed = run("echo why; exit 3");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Code::Invalid);
  EXPECT_NE(failed.error().message.find("the build failed with status 3: `echo why; exit 3`"), std::string::npos);
  EXPECT_EQ(output_, "why\n");
}

TEST_F(BuildRun, TellsWhenItWasKilled) {
  const Status failed = run("kill -9 $$");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Code::Invalid);
  EXPECT_NE(failed.error().message.find("was ended by a signal (Killed)"), std::string::npos);
}

TEST_F(BuildRun, EndsWithAllItsProcessesWhenItIsStopped) {
  const auto stopper = stop_when_ready();
  const Status stopped = run("sleep 1000 & echo $! > child; echo $$ > self; echo > ready; wait");
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, Code::Unavailable);
  EXPECT_FALSE(lives("self"));
  while (lives("child")) std::this_thread::yield();  // it was killed, and may take a moment to go
}

TEST_F(BuildRun, KillsWhatDoesNotWantToStop) {
  const auto stopper = stop_when_ready();
  ASSERT_FALSE(run("trap '' TERM; (trap '' TERM; echo $$ > self; echo > ready; while :; do sleep 1000; done)"));
  EXPECT_FALSE(lives("self"));
}

TEST_F(BuildRun, StopsWhatPrintsWithoutAPause) {
  const auto stopper = stop_when_ready();
  unsigned late = 0;
  const auto slow = [&](std::string_view) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(1);
    while (std::chrono::steady_clock::now() < end) std::this_thread::yield();
    if (stop_.stopped() && ++late == 100) ::kill(process("self"), SIGKILL);
  };
  EXPECT_FALSE(
      run_build_until({.command = "echo $$ > self; echo > ready; exec yes", .folder = folder_.path()}, stop_, slow));
  EXPECT_LT(late, 100U);
}

TEST_F(BuildRun, DoesNotWaitForWhatABuildLeavesBehind) {
  EXPECT_TRUE(run("sleep 1000 & echo $! > child; echo done"));
  EXPECT_EQ(output_, "done\n");
  EXPECT_TRUE(lives("child")) << "a compiler's server may stay";
  ::kill(process("child"), SIGKILL);
}

TEST_F(BuildRun, IsNotStartedInVain) {
  stop_.stop();
  EXPECT_TRUE(stop_.stopped());
  EXPECT_FALSE(run("sleep 1000"));
}

}  // namespace
}  // namespace peko::cli
