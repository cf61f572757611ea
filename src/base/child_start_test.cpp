#include "base/child_start.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>

#include "base/unique_fd.hpp"

namespace peko {
namespace {

struct Pipe {
  UniqueFd reading;
  UniqueFd writing;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

std::string read_all(const UniqueFd& file) {
  std::string text;
  std::array<char, 4096> piece{};
  for (ssize_t n = 0; (n = ::read(file.get(), piece.data(), piece.size())) > 0;) {
    text.append(piece.data(), static_cast<std::size_t>(n));
  }
  return text;
}

std::vector<std::string> shell(std::string command) { return {"sh", "-c", std::move(command)}; }

// What a shell prints that is started so.
std::string printed(ChildStart start, std::string command, std::vector<std::string> environment = {}) {
  Pipe pipe = make_pipe();
  const Result<pid_t> child =
      start.give(STDOUT_FILENO, pipe.writing.get()).start("/bin/sh", shell(std::move(command)), std::move(environment));
  pipe.writing.close();
  if (!child) return child.error().message;
  std::string text = read_all(pipe.reading);
  EXPECT_EQ(reap(*child), 0);
  return text;
}

int status_of(std::string command) {
  const Result<pid_t> child = ChildStart().start("/bin/sh", shell(std::move(command)), {});
  return child ? reap(*child) : -1;
}

TEST(ChildStart, GivesTheChildTheFilesItIsGivenAndNoOthers) {
  const UniqueFd inherited(::open("/dev/zero", O_RDONLY));  // not closed by exec
  const std::string list = "for n in 0 2 3 4 5 6 7 8 9; do readlink /proc/$$/fd/$n || echo none; done";
  EXPECT_EQ(printed({}, list), "/dev/null\n/dev/null\nnone\nnone\nnone\nnone\nnone\nnone\nnone\n");
  ChildStart start;
  start.give(5, inherited.get()).give(4, -1);
  EXPECT_EQ(printed(start, list), "/dev/null\n/dev/null\n/dev/null\n/dev/null\n/dev/zero\nnone\nnone\nnone\nnone\n");
}

TEST(ChildStart, GivesFilesWhoseNumbersAreThoseOfOthers) {
  const UniqueFd zero(::open("/dev/zero", O_RDONLY | O_CLOEXEC));
  const UniqueFd full(::open("/dev/full", O_RDONLY | O_CLOEXEC));
  ChildStart crossed;
  crossed.give(zero.get(), full.get()).give(full.get(), zero.get());
  EXPECT_EQ(printed(crossed, fmt::format("readlink /proc/$$/fd/{} /proc/$$/fd/{}", zero.get(), full.get())),
            "/dev/full\n/dev/zero\n");
  ChildStart same;
  same.give(zero.get(), zero.get());
  EXPECT_EQ(printed(same, fmt::format("readlink /proc/$$/fd/{}", zero.get())), "/dev/zero\n");
}

TEST(ChildStart, StartsItWhereAndWithWhatItIsTold) {
  EXPECT_EQ(printed(ChildStart().in_folder("/usr/bin"), "pwd; echo $NAME", {"NAME=a value"}), "/usr/bin\na value\n");
}

TEST(ChildStart, GivesItAGroupOrASessionOfItsOwn) {
  const std::string ids = "read -r line < /proc/$$/stat; set -- ${line##*) }; echo $(($3 == $$)) $(($4 == $$))";
  EXPECT_EQ(printed({}, ids), "1 0\n");
  EXPECT_EQ(printed(ChildStart().in_own_session(), ids), "1 1\n");
}

TEST(ChildStart, GivesItSignalsAsProgramsExpectThem) {
  sigset_t blocked;
  sigset_t before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  ASSERT_EQ(::pthread_sigmask(SIG_BLOCK, &blocked, &before), 0);
  struct sigaction ignore{};
  struct sigaction handler{};
  ignore.sa_handler = SIG_IGN;
  ASSERT_EQ(::sigaction(SIGPIPE, &ignore, &handler), 0);
  for (const int number : {SIGPIPE, SIGTERM}) {
    const int status = status_of(fmt::format("kill -{} $$", number));
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == number) << status;
  }
  ::sigaction(SIGPIPE, &handler, nullptr);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST(ChildStart, SaysWhyItCannot) {
  const Result<pid_t> missing = ChildStart().start("/no/such/program", {"program"}, {});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Code::Unavailable);
  EXPECT_EQ(missing.error().message, "No such file or directory");
  const Result<pid_t> closed = ChildStart().give(3, 1'000'000).start("/bin/sh", shell("true"), {});
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().message, "Bad file descriptor");
}

TEST(ChildStart, ReapsWithTheStatus) { EXPECT_EQ(WEXITSTATUS(status_of("exit 7")), 7); }

}  // namespace
}  // namespace peko
