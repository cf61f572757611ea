#include "code/paths.hpp"

#include <gtest/gtest.h>

namespace peko::code {
namespace {

TEST(ShownPath, IsRelativeBelowTheWorkingDirectoryOnly) {
  const auto here = std::filesystem::current_path();
  EXPECT_EQ(shown(here / "samples" / "x.wasm"), "samples/x.wasm");
  EXPECT_EQ(shown(here.parent_path() / "elsewhere"), (here.parent_path() / "elsewhere").string());
  EXPECT_EQ(shown("as/given"), "as/given");
}

TEST(AbsolutePath, HasNoDotsInIt) {
  const auto here = std::filesystem::current_path();
  EXPECT_EQ(made_absolute("a/./b/../c"), here / "a" / "c");
  EXPECT_EQ(made_absolute("/x/y"), "/x/y");
}

}  // namespace
}  // namespace peko::code
