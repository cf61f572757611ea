#include "code/source_excerpt.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "code/test_folder.hpp"

namespace peko::code {
namespace {

namespace fs = std::filesystem;

class SourceExcerpt : public testing::Test {
 protected:
  void write(const fs::path& path, std::string_view text) const { folder.write(path, text); }
  [[nodiscard]] std::string of(const fs::path& file, unsigned line) const {
    return source_excerpt(folder.path() / "app", file, line);
  }

  TestFolder folder;
};

TEST_F(SourceExcerpt, MarksTheLineAmongItsNeighbours) {
  write("app/src/a.ts", "1\n2\n3\n4\n5\n6\n7\n8\r\n9\n10\n11\n12\n13\n14\n");
  EXPECT_EQ(of("src/a.ts", 8), "   4 | 4\n   5 | 5\n   6 | 6\n   7 | 7\n>  8 | 8\n   9 | 9\n  10 | 10\n  11 | 11");
  EXPECT_EQ(of("src/a.ts", 1), "> 1 | 1\n  2 | 2\n  3 | 3\n  4 | 4");
  EXPECT_EQ(of("src/a.ts", 14), "  10 | 10\n  11 | 11\n  12 | 12\n  13 | 13\n> 14 | 14");
  EXPECT_EQ(of(folder.path() / "app/src/a.ts", 1), of("./src/../src/a.ts", 1));
  EXPECT_EQ(of("src/a.ts", 0), "");
  EXPECT_EQ(of("src/a.ts", 99), "");
}

TEST_F(SourceExcerpt, ReadsNothingButTheProjectsSource) {
  write("app/.env", "SECRET=1\n");
  write("app/.git/a.ts", "a\n");
  write("app/key.pem", "a\n");
  write("other/a.ts", "a\n");
  write("app/good.ts", "a\n");
  fs::create_symlink("../other/a.ts", folder.path() / "app/link.ts");
  fs::create_directory(folder.path() / "app/folder.ts");
  ASSERT_NE(of("good.ts", 1), "");
  for (const char* file : {".env", ".git/a.ts", "key.pem", "../other/a.ts", "x/../../other/a.ts", "link.ts",
                           "folder.ts", "none.ts", "", "/etc/passwd", "/proc/self/environ"}) {
    EXPECT_EQ(of(file, 1), "") << file;
  }
  EXPECT_EQ(of(folder.path() / "other/a.ts", 1), "");
  EXPECT_EQ(source_excerpt({}, "/etc/a.ts", 1), "");
}

TEST_F(SourceExcerpt, CutsLongLinesBetweenCharacters) {
  std::string line = "x";
  while (line.size() < 2000) line += "\xc3\xa4";
  write("app/a.js", line);
  const std::string excerpt = of("a.js", 1);
  EXPECT_LT(excerpt.size(), 310U);
  EXPECT_TRUE(excerpt.ends_with("\xc3\xa4"));
}

}  // namespace
}  // namespace peko::code
