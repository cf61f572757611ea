#include "watch/hints.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "watch/test_tree.hpp"

namespace peko::watch {
namespace {

using Folders = std::set<std::filesystem::path>;

TEST(Hints, SayWhereAFileWasWritten) {
  const TestTree tree;
  tree.write("a/x", "1");
  tree.write("b/x", "1");
  Hints hints(Hints::Use::System);
  ASSERT_GE(hints.descriptor(), 0);
  EXPECT_TRUE(hints.watch({tree.path() / "a", tree.path() / "b"}));
  EXPECT_FALSE(hints.watch({tree.path() / "a", tree.path() / "b"})) << "both are watched already";
  EXPECT_TRUE(hints.take().folders.empty());
  tree.write("a/x", "2");
  EXPECT_EQ(hints.take().folders, Folders{tree.path() / "a"});
  EXPECT_TRUE(hints.take().folders.empty());
}

TEST(Hints, WaitUntilAFileIsClosed) {
  const TestTree tree;
  Hints hints(Hints::Use::System);
  hints.watch({tree.path()});
  std::ofstream file(tree.path() / "half");
  file << "the first half" << std::flush;
  EXPECT_TRUE(hints.take().folders.empty());
  file.close();
  EXPECT_EQ(hints.take().folders, Folders{tree.path()});
}

TEST(Hints, KnowRenamesLinksAndFolders) {
  const TestTree tree;
  tree.write("elsewhere/x", "1");
  tree.write("in/y", "1");
  Hints hints(Hints::Use::System);
  const Folders in = {tree.path() / "in"};
  hints.watch(in);
  std::filesystem::rename(tree.path() / "elsewhere/x", tree.path() / "in/x");
  EXPECT_EQ(hints.take().folders, in) << "a file that was moved in";
  std::filesystem::create_hard_link(tree.path() / "in/x", tree.path() / "in/z");
  EXPECT_EQ(hints.take().folders, in) << "a hard link, as cargo makes them";
  std::filesystem::create_symlink("x", tree.path() / "in/s");
  EXPECT_EQ(hints.take().folders, in) << "a symbolic link";
  std::filesystem::create_directory(tree.path() / "in/new");
  EXPECT_EQ(hints.take().folders, in) << "a folder";
  std::filesystem::remove(tree.path() / "in/y");
  EXPECT_EQ(hints.take().folders, in) << "a removal";
}

TEST(Hints, WatchAFolderThatWasMadeAnew) {
  const TestTree tree;
  tree.write("a/x", "1");
  const Folders a = {tree.path() / "a"};
  Hints hints(Hints::Use::System);
  hints.watch(a);
  std::filesystem::remove_all(tree.path() / "a");
  tree.write("a/x", "2");
  EXPECT_EQ(hints.take().folders, a);
  EXPECT_TRUE(hints.watch(a)) << "the old watch went with the old folder";
  tree.write("a/x", "3");
  EXPECT_EQ(hints.take().folders, a);
}

TEST(Hints, ForgetAFolderThatWasMovedAway) {
  const TestTree tree;
  tree.write("a/x", "1");
  Hints hints(Hints::Use::System);
  hints.watch({tree.path() / "a"});
  std::filesystem::rename(tree.path() / "a", tree.path() / "b");
  EXPECT_EQ(hints.take().folders, Folders{tree.path() / "a"});
  tree.write("b/x", "2");
  EXPECT_TRUE(hints.take().folders.empty());
}

TEST(Hints, WatchWhatLiesBelowAFolderThatWasReplaced) {
  const TestTree tree;
  tree.write("src/sub/x", "1");
  tree.write("src-2/x", "1");
  tree.write("new/sub/x", "2");
  const Folders folders = {tree.path() / "src", tree.path() / "src/sub", tree.path() / "src-2"};
  Hints hints(Hints::Use::System);
  hints.watch(folders);
  std::filesystem::rename(tree.path() / "src", tree.path() / "old");
  std::filesystem::rename(tree.path() / "new", tree.path() / "src");
  EXPECT_EQ(hints.take().folders, Folders{tree.path() / "src"});
  hints.watch(folders);
  tree.write("old/sub/x", "3");
  EXPECT_TRUE(hints.take().folders.empty()) << "the former one is nobody's business";
  tree.write("src/sub/x", "3");
  EXPECT_EQ(hints.take().folders, Folders{tree.path() / "src/sub"});
  tree.write("src-2/x", "3");
  EXPECT_EQ(hints.take().folders, Folders{tree.path() / "src-2"}) << "only its name is alike";
}

TEST(Hints, ReachEveryPathThatLeadsToAFolder) {
  const TestTree tree;
  tree.write("a/x", "1");
  std::filesystem::create_directory_symlink("a", tree.path() / "b");
  Hints hints(Hints::Use::System);
  const Folders both = {tree.path() / "a", tree.path() / "b"};
  hints.watch(both);
  tree.write("a/x", "2");
  EXPECT_EQ(hints.take().folders, both);
  hints.watch({tree.path() / "b"});
  tree.write("a/x", "3");
  EXPECT_EQ(hints.take().folders, Folders{tree.path() / "b"});
}

TEST(Hints, SayWhatMustBeLookedAtInstead) {
  const TestTree tree;
  Hints hints(Hints::Use::System);
  hints.watch({tree.path()});
  EXPECT_FALSE(hints.needs_looking());
  hints.watch({tree.path(), tree.path() / "gone"});
  EXPECT_TRUE(hints.needs_looking());
  EXPECT_TRUE(hints.needs_looking(tree.path() / "gone"));
  EXPECT_FALSE(hints.needs_looking(tree.path()));
  hints.watch({tree.path()});
  EXPECT_FALSE(hints.needs_looking());
  Hints none(Hints::Use::Nothing);
  EXPECT_FALSE(none.watch({tree.path()}));
  EXPECT_LT(none.descriptor(), 0);
  EXPECT_TRUE(none.needs_looking(tree.path()));
}

}  // namespace
}  // namespace peko::watch
