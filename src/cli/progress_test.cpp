#include "cli/progress.hpp"

#include <gtest/gtest.h>

#include "cli/captured.hpp"

namespace peko::cli {
namespace {

using Kind = Terminal::Kind;

/// Waits until the other thread has drawn; a bound for a machine that is stuck, not a measure.
bool appears(const Captured& screen, std::string_view what) {
  for (int i = 0; i < 30'000; ++i) {
    if (screen.text().find(what) != std::string::npos) {
      return true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

TEST(Progress, IsDrawnAfterItsPatienceAndWipedAtTheEnd) {
  Captured screen(Kind::Interactive);
  Progress progress(screen.terminal(), std::chrono::milliseconds(0));
  progress.begin("compiling ssr");
  EXPECT_TRUE(appears(screen, "\r\x1b[K  compiling ssr, 0 s"));
  progress.end();
  EXPECT_TRUE(screen.text().ends_with("\r\x1b[K"));
  progress.begin("compiling next");
  EXPECT_TRUE(appears(screen, "compiling next, 0 s"));
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

TEST(Progress, EndsWithItsOwner) {
  Captured screen(Kind::Interactive);
  {
    Progress progress(screen.terminal(), std::chrono::milliseconds(0));
    progress.begin("compiling ssr");
    ASSERT_TRUE(appears(screen, "compiling ssr"));
  }
  EXPECT_TRUE(screen.text().ends_with("\r\x1b[K"));
}

TEST(Progress, CountsWholeSeconds) {
  EXPECT_EQ(progress_line("compiling ssr", std::chrono::milliseconds(3999)), "  compiling ssr, 3 s");
}

}  // namespace
}  // namespace peko::cli
