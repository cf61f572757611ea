// Several processes with one folder, and one that is killed.
#include <sys/wait.h>

#include <csignal>
#include <cstdio>

#include "keyvalue/sqlite_store.hpp"
#include "keyvalue/store_fixture.hpp"

namespace peko::keyvalue {
namespace {

class SqliteProcessTest : public StoreFixture {
 protected:
  SqliteProcessTest() { close(); }  // threads do not survive a fork

  template <typename Work>
  pid_t in_child(Work work) {
    const pid_t child = ::fork();
    if (child != 0) return child;
    auto log = LogSink::start(::dup(STDERR_FILENO), {.form = LogForm::Text}, clock_);
    log_.release();  // NOLINT(bugprone-unused-return-value): its thread is the parent's
    log_ = std::move(log);
    reopen();
    work();
    store_->stop(std::chrono::seconds(20));
    ::_exit(::testing::Test::HasFailure() ? 1 : 0);
  }
  static int wait_for(pid_t child) {
    int status = 0;
    ::waitpid(child, &status, 0);
    return status;
  }
};

TEST_F(SqliteProcessTest, TwoProcessesCountTogether) {
  constexpr int kEach = 50;
  const auto count = [this] {
    for (int i = 0; i < kEach; ++i) {
      Request request{.op = Op::Increment, .number = 1};
      request.items.push_back({.key = "n"});
      EXPECT_TRUE(ask(std::move(request)));
    }
  };
  const pid_t first = in_child(count);
  const pid_t second = in_child(count);
  EXPECT_EQ(wait_for(first), 0);
  EXPECT_EQ(wait_for(second), 0);
  reopen();
  EXPECT_EQ(get("n").value, std::to_string(2 * kEach));
}

// The child says by a byte that a write was acknowledged; it is killed in the middle of the next ones.
TEST_F(SqliteProcessTest, KeepsEveryAcknowledgedWriteOfAProcessThatIsKilled) {
  int acknowledged = 0;
  for (int round = 0; round < 5; ++round) {
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    const int from = acknowledged;
    const pid_t child = in_child([&] {
      for (int i = from;; ++i) {
        if (!set("k" + std::to_string(i), std::string(2000, 'x'))) ::_exit(1);
        if (::write(pipe[1], "+", 1) != 1) ::_exit(1);
      }
    });
    ::close(pipe[1]);
    char byte = 0;
    for (int i = 0; i < 20 && ::read(pipe[0], &byte, 1) == 1; ++i) ++acknowledged;
    ::kill(child, SIGKILL);
    while (::read(pipe[0], &byte, 1) == 1) ++acknowledged;
    ::close(pipe[0]);
    EXPECT_TRUE(WIFSIGNALED(wait_for(child)));
  }
  EXPECT_GE(acknowledged, 100);
  reopen();
  for (int i = 0; i < acknowledged; ++i) EXPECT_EQ(get("k" + std::to_string(i)).value.size(), 2000U) << i;
}

}  // namespace
}  // namespace peko::keyvalue
