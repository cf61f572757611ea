#include "watch/scope.hpp"

#include <gtest/gtest.h>

namespace peko::watch {
namespace {

TEST(Scope, LeavesOutWhatBuildsAndEditorsLeaveBehind) {
  for (const std::string_view name :
       {".git", "node_modules", "target", "dist", "build", ".peko", "4913", "main.rs~", ".main.rs.swp", ".#main.rs",
        "#main.rs#", "index.ts___jb_tmp___", ".goutputstream-A1B2", "x.tmp"}) {
    EXPECT_TRUE(is_ignored(name)) << name;
  }
}

TEST(Scope, KeepsWhatPeopleWrite) {
  for (const std::string_view name :
       {"main.rs", ".cargo", ".env", "targets", "builder", "#", "tmp", ".npmrc", "out.rs"}) {
    EXPECT_FALSE(is_ignored(name)) << name;
  }
}

}  // namespace
}  // namespace peko::watch
