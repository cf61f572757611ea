#include "cli/terminal.hpp"

#include <gtest/gtest.h>
#include <pty.h>
#include <unistd.h>

#include <memory>

namespace peko::cli {
namespace {

using Kind = Terminal::Kind;

TEST(Terminal, IsPlainForAFileWhateverTheEnvironment) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::tmpfile(), std::fclose);
  EXPECT_EQ(Terminal::on(file.get(), {{"TERM", "xterm"}}).kind(), Kind::Plain);
}

TEST(Terminal, HonoursNoColorAndDumbTerminals) {
  int master = -1;
  int slave = -1;
  ASSERT_EQ(::openpty(&master, &slave, nullptr, nullptr, nullptr), 0);
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(::fdopen(slave, "w"), std::fclose);
  EXPECT_EQ(Terminal::on(file.get(), {{"TERM", "xterm"}}).kind(), Kind::Coloured);
  EXPECT_EQ(Terminal::on(file.get(), {{"TERM", "xterm"}, {"NO_COLOR", ""}}).kind(), Kind::Coloured);
  EXPECT_EQ(Terminal::on(file.get(), {{"TERM", "xterm"}, {"NO_COLOR", "1"}}).kind(), Kind::Interactive);
  EXPECT_EQ(Terminal::on(file.get(), {{"TERM", "dumb"}}).kind(), Kind::Plain);
  ::close(master);
}

TEST(Terminal, NoticesThatNobodyReads) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(::fdopen(ends[1], "w"), std::fclose);
  const Terminal terminal(pipe.get(), Kind::Plain);
  EXPECT_FALSE(terminal.closed());
  ::close(ends[0]);
  EXPECT_TRUE(terminal.closed());
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::tmpfile(), std::fclose);
  EXPECT_FALSE(Terminal(file.get(), Kind::Plain).closed());
}

TEST(Terminal, ColoursOnlyWhenItCan) {
  EXPECT_EQ(Terminal(stdout, Kind::Coloured).styled(Terminal::Style::Red, "x"), "\x1b[31mx\x1b[0m");
  EXPECT_EQ(Terminal(stdout, Kind::Interactive).styled(Terminal::Style::Red, "x"), "x");
  EXPECT_EQ(Terminal(stdout, Kind::Plain).styled(Terminal::Style::Red, "x"), "x");
}

TEST(Terminal, IsNotSteeredByPrintableText) {
  EXPECT_EQ(printable("a\x1b[31mb\r\x7f\n\tc caf\xc3\xa9"), "a?[31mb??\n\tc caf\xc3\xa9");
  EXPECT_EQ(printable("a\xc2\x9b"
                      "2Jb\xc2\x80\xc2\x9f\xc2\xa0\xc2"),
            "a?2Jb??\xc2\xa0\xc2")
      << "C1 in UTF-8";
}

}  // namespace
}  // namespace peko::cli
