#include "cli/build_place.hpp"

#include <gtest/gtest.h>

#include "code/test_folder.hpp"

namespace peko::cli {
namespace {

class BuildPlace : public testing::Test {
 protected:
  BuildPlace() {
    folder_.write("src/index.ts", "one\ntwo\nthree\nfour\nfive\nsix\nseven\n");
    folder_.write("src/my file.ts", "a\nb\n");
    folder_.write("hello.c", "int x\n");
  }
  [[nodiscard]] std::string place(std::string_view output) const {
    const edge::BuildProblem problem = build_problem(output, folder_.path());
    return problem.file + ":" + std::to_string(problem.line) + ":" + std::to_string(problem.column);
  }

  code::TestFolder folder_;
};

TEST_F(BuildPlace, IsFoundInWhatToolsSay) {
  EXPECT_EQ(place("X [ERROR] Expected \")\"\n\n    src/index.ts:2:9:\n      2 | fetch( {\n"), "src/index.ts:2:9");
  EXPECT_EQ(place("error[E0425]: cannot find value\n --> src/index.ts:3:5\n  |\n"), "src/index.ts:3:5");
  EXPECT_EQ(place("hello.c:1:6: error: expected ';'\n"), "hello.c:1:6");
  EXPECT_EQ(place("src/index.ts(4,7): error TS2322: no\n"), "src/index.ts:4:7");
  EXPECT_EQ(place("error: in src/my file.ts:2\n"), "src/my file.ts:2:0");
  EXPECT_EQ(place("error in \"" + (folder_.path() / "hello.c").string() + ":1:2\"\n"),
            (folder_.path() / "hello.c").string() + ":1:2");
}

TEST_F(BuildPlace, IsThatOfAnErrorNotOfAWarning) {
  EXPECT_EQ(place("warning: unused\n --> src/index.ts:1:1\nerror: no\n --> hello.c:1:3\n"), "hello.c:1:3");
  EXPECT_EQ(place("warning: unused\n --> src/index.ts:1:1\n"), "src/index.ts:1:1");
}

TEST_F(BuildPlace, IsNothingWhenNoFileIsNamed) {
  for (const char* output : {"", "it failed\n", "error: nowhere.ts:1:1\n", "12:30:05 error\n", "http://x:80/ error",
                             "error src/index.ts:x", "::::((((", "error :1:1"}) {
    EXPECT_EQ(place(output), ":0:0") << output;
  }
}

TEST_F(BuildPlace, IsFoundAtOnceInALineWithoutEnd) {
  std::string output = "error ";
  for (int i = 0; i < 40'000; ++i) output += "\"a\":1,";
  EXPECT_EQ(place(output + "\n"), ":0:0") << "each mark with each quote before it would take minutes";
  EXPECT_EQ(place(output + "\n  src/index.ts:2:9:\n"), "src/index.ts:2:9");
}

TEST_F(BuildPlace, ComesWithTheLinesAroundIt) {
  const edge::BuildProblem problem = build_problem("\x1b[31merror\x1b[0m src/index.ts:5:2", folder_.path());
  EXPECT_EQ(problem.message, "error src/index.ts:5:2");
  EXPECT_EQ(problem.excerpt, "  1 | one\n  2 | two\n  3 | three\n  4 | four\n> 5 | five\n  6 | six\n  7 | seven");
  EXPECT_EQ(build_problem("error src/index.ts:500:2", folder_.path()).excerpt, "");
}

TEST_F(BuildPlace, FitsIntoALine) {
  const auto line = [&](std::string_view output) { return problem_in_a_line(build_problem(output, folder_.path())); };
  EXPECT_EQ(line("\nX [ERROR] Expected \")\"\n\n    src/index.ts:2:9:\n"), "src/index.ts:2:9: Expected \")\"");
  EXPECT_EQ(line("hello.c:1:6: error: expected ';'\n"), "hello.c:1:6: error: expected ';'");
  EXPECT_EQ(line("  Compiling\nerror: no target\n"), "error: no target");
  EXPECT_EQ(line("make: nothing\n"), "make: nothing");
  EXPECT_EQ(line(""), "");
}

}  // namespace
}  // namespace peko::cli
