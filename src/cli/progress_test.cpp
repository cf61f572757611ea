#include "cli/progress.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>

#include "base/assert.hpp"
#include "base/unique_fd.hpp"
#include "cli/captured.hpp"

namespace peko::cli {
namespace {

using Kind = Terminal::Kind;

/// A terminal whose other end the test reads: it waits for what the drawing thread writes, without sleeping.
class Screen {
 public:
  Screen() : file_(nullptr, std::fclose) {
    std::array<int, 2> ends{};
    PEKO_ASSERT(::pipe(ends.data()) == 0, "a test may have two more descriptors");
    read_end_ = UniqueFd(ends[0]);
    file_.reset(::fdopen(ends[1], "w"));
    terminal_ = std::make_unique<Terminal>(file_.get(), Kind::Interactive);
  }

  Terminal& terminal() { return *terminal_; }

  /// Reads on until `what` has been drawn; false when nothing comes for half a minute.
  bool shows(std::string_view what) {
    while (unseen_.find(what) == std::string::npos) {
      pollfd wait{.fd = read_end_.get(), .events = POLLIN, .revents = 0};
      if (::poll(&wait, 1, 30'000) != 1) {
        return false;
      }
      std::array<char, 256> piece{};
      const ssize_t got = ::read(read_end_.get(), piece.data(), piece.size());
      unseen_.append(piece.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    }
    unseen_.erase(0, unseen_.find(what) + what.size());
    return true;
  }

 private:
  UniqueFd read_end_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
  std::unique_ptr<Terminal> terminal_;
  std::string unseen_;
};

TEST(Progress, IsDrawnAfterItsPatienceAndWipedAtTheEnd) {
  Screen screen;
  Progress progress(screen.terminal(), std::chrono::milliseconds(0));
  progress.begin("compiling ssr");
  EXPECT_TRUE(screen.shows("\r\x1b[K  compiling ssr, 0 s"));
  progress.end();
  EXPECT_TRUE(screen.shows("\r\x1b[K"));
  progress.begin("compiling next");
  EXPECT_TRUE(screen.shows("compiling next, 0 s"));
}

TEST(Progress, EndsWithItsOwner) {
  Screen screen;
  {
    Progress progress(screen.terminal(), std::chrono::milliseconds(0));
    progress.begin("compiling ssr");
    ASSERT_TRUE(screen.shows("compiling ssr, 0 s"));
  }
  EXPECT_TRUE(screen.shows("\r\x1b[K"));
}

TEST(Progress, OfAShortStepIsNotSeen) {
  Captured screen(Kind::Interactive);
  Progress progress(screen.terminal(), std::chrono::hours(1));
  progress.begin("compiling ssr");
  progress.end();
  progress.end();
  EXPECT_EQ(screen.text(), "");
}

TEST(Progress, IsSilentOnAPlainStream) {
  Captured screen(Kind::Plain);
  {
    Progress progress(screen.terminal(), std::chrono::milliseconds(0));
    progress.begin("compiling ssr");
  }
  EXPECT_EQ(screen.text(), "");
}

TEST(Progress, CountsWholeSeconds) {
  EXPECT_EQ(progress_line("compiling ssr", std::chrono::milliseconds(3999)), "  compiling ssr, 3 s");
}

}  // namespace
}  // namespace peko::cli
