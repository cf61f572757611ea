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

// As `sqlite3 FILE ".backup COPY"` does: whoever closes a file last takes its WAL away, if nobody holds a lock.
TEST_F(SqliteProcessTest, KeepsItsWalWhenAnotherProcessHasReadAndGone) {
  const auto reader_of = [this](const std::string& key, int when) {
    return in_child([=, this] {
      char byte = 0;
      EXPECT_EQ(::read(when, &byte, 1), 1);
      EXPECT_NE(get(key).version, 0) << key;
    });
  };
  int first[2];
  int second[2];
  ASSERT_EQ(::pipe(first), 0);
  ASSERT_EQ(::pipe(second), 0);
  const pid_t one = reader_of("a", first[0]);
  const pid_t other = reader_of("b", second[0]);
  reopen();
  ASSERT_TRUE(set("a", "1"));
  ASSERT_EQ(get("a").value, "1");  // by a second connection, opened while the first one has its lock
  ASSERT_EQ(::write(first[1], "+", 1), 1);
  EXPECT_EQ(wait_for(one), 0);
  EXPECT_TRUE(std::filesystem::exists(file().string() + "-wal"));
  ASSERT_TRUE(set("b", "2"));
  ASSERT_EQ(::write(second[1], "+", 1), 1);
  EXPECT_EQ(wait_for(other), 0) << "what was acknowledged is not there";
  for (const int end : {first[0], first[1], second[0], second[1]}) ::close(end);
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
