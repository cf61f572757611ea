#include "cli/screen.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "cli/captured.hpp"

namespace peko::cli {
namespace {

TEST(Screen, KeepsItsFooterBelowTheLines) {
  Captured out(Terminal::Kind::Interactive);
  {
    Screen screen(out.terminal());
    screen.print("one\n");
    screen.set_footer("wrong\nvery");
    screen.print("two\n");
    screen.set_footer("wrong\nvery");
  }
  EXPECT_EQ(out.text(),
            "one\n"
            "\x1b[?7lwrong\nvery\x1b[?7h"
            "\x1b[1A\r\x1b[Jtwo\n\x1b[?7lwrong\nvery\x1b[?7h"
            "\x1b[1A\r\x1b[J");
}

TEST(Screen, ShowsLinesOfALogAboveTheFooter) {
  Captured out(Terminal::Kind::Interactive);
  {
    Screen screen(out.terminal());
    ASSERT_GE(screen.log_descriptor(), 0);
    ASSERT_EQ(::write(screen.log_descriptor(), "half ", 5), 5);
    ASSERT_EQ(::write(screen.log_descriptor(), "whole\nrest", 10), 10);
  }
  EXPECT_EQ(out.text(), "half whole\nrest\n");
}

TEST(Screen, LeavesOutWhatDoesNotFit) {
  Captured out(Terminal::Kind::Interactive);
  Screen screen(out.terminal());
  std::string footer = "0";
  for (int i = 1; i < 100; ++i) footer += "\n" + std::to_string(i);
  screen.set_footer(footer);
  EXPECT_NE(out.text().find("\n11\x1b[?7h"), std::string::npos) << "half of 24 rows";
}

TEST(Screen, IsLinesOnlyInAFile) {
  Captured out(Terminal::Kind::Plain);
  {
    Screen screen(out.terminal());
    EXPECT_LT(screen.log_descriptor(), 0);
    screen.set_footer("wrong");
    screen.print("one\n");
  }
  EXPECT_EQ(out.text(), "one\n");
}

}  // namespace
}  // namespace peko::cli
