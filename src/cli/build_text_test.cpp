#include "cli/build_text.hpp"

#include <gtest/gtest.h>

namespace peko::cli {
namespace {

TEST(ShownOutput, HasNoTerminalCodes) {
  EXPECT_EQ(shown_output("\x1b[1m\x1b[31merror\x1b[0m: \x1b]0;title\x07no\tgood\n", Codes::Drop), "error: no\tgood\n");
  EXPECT_EQ(shown_output("a\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\b\x08\x07", Codes::Drop), "alinkb");
  EXPECT_EQ(shown_output("\x1b", Codes::Drop), "");
  EXPECT_EQ(shown_output("x\x1b[", Codes::Drop), "x");
  EXPECT_EQ(shown_output("x\x1b]never ends", Codes::Drop), "x");
  EXPECT_EQ(shown_output("x\xc2\x9b"
                         "2Jy \xc3\xa9\xc2\xa0",
                         Codes::Drop),
            "x2Jy \xc3\xa9\xc2\xa0");
}

TEST(ShownOutput, KeepsColoursAndNothingElse) {
  EXPECT_EQ(shown_output("\x1b[1;38:5:9merror\x1b[0m\x1b[2J\x1b[10;10Hx\x1b"
                         "cy",
                         Codes::KeepColours),
            "\x1b[1;38:5:9merror\x1b[0mxy");
}

TEST(ShownOutput, LeavesTheLastStateOfAProgressBar) {
  EXPECT_EQ(shown_output("first\n 10 %\r 50 %\r100 %\r\nlast\r\n", Codes::Drop), "first\n100 %\nlast\n");
}

TEST(BuildOutput, KeepsItsEnd) {
  BuildOutput output;
  for (int i = 0; i < 100'000; ++i) output.append("line " + std::to_string(i) + "\n");
  EXPECT_LE(output.text().size(), 2 * BuildOutput::kBytesMax + 16);
  EXPECT_TRUE(output.text().starts_with("[...]\nline ")) << output.text().substr(0, 40);
  EXPECT_TRUE(output.text().ends_with("line 99999\n"));
  BuildOutput endless;
  for (int i = 0; i < 1'000; ++i) endless.append(std::string(1'000, 'x'));
  EXPECT_LE(endless.text().size(), 2 * BuildOutput::kBytesMax + 16);
  BuildOutput long_line;
  long_line.append(std::string(3 * BuildOutput::kBytesMax, 'x') + "the end\n");
  EXPECT_TRUE(long_line.text().ends_with("xxxthe end\n"));
}

TEST(BuildOutput, HandsOutWholeLines) {
  BuildOutput output;
  output.append("one\ntwo\nth");
  EXPECT_EQ(output.take_lines(), "one\ntwo\n");
  output.append("ree");
  EXPECT_EQ(output.take_lines(), "");
  EXPECT_EQ(output.text(), "three");
}

}  // namespace
}  // namespace peko::cli
