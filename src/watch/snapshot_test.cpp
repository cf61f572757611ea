#include "watch/snapshot.hpp"

#include <gtest/gtest.h>

#include <chrono>

#include "watch/test_tree.hpp"

namespace peko::watch {
namespace {

using Paths = std::vector<std::filesystem::path>;
using By = Snapshot::By;

Snapshot of(const Scope& scope) { return Snapshot::of(scope, {}); }

TEST(Snapshot, TellsWhatWasAddedChangedAndRemoved) {
  const TestTree tree;
  tree.write("src/a", "1");
  tree.write("src/b", "1");
  const Scope scope{.roots = {tree.path()}, .except = {}};
  const Snapshot before = of(scope);
  EXPECT_TRUE(of(scope).changes_since(before, By::Stamp).empty());
  tree.write("src/a", "2");
  std::filesystem::remove(tree.path() / "src/b");
  tree.write("src/new/c", "1");
  const Paths expected = {tree.path() / "src/a", tree.path() / "src/b", tree.path() / "src/new/c"};
  EXPECT_EQ(Snapshot::of(scope, before).changes_since(before, By::Stamp), expected);
  EXPECT_EQ(Snapshot::of(scope, before).changes_since(before, By::Content), expected);
}

TEST(Snapshot, KnowsASaveFromAChange) {
  const TestTree tree;
  tree.write("a", "same");
  const Scope scope{.roots = {tree.path()}, .except = {}};
  const Snapshot before = of(scope);
  tree.write("a.new", "same");
  std::filesystem::rename(tree.path() / "a.new", tree.path() / "a");  // as editors save
  const Snapshot now = Snapshot::of(scope, before);
  EXPECT_EQ(now.changes_since(before, By::Stamp), Paths{tree.path() / "a"});
  EXPECT_TRUE(now.changes_since(before, By::Content).empty());
}

TEST(Snapshot, SeesAReplacementWithAnOlderDate) {
  const TestTree tree;
  tree.write("a", "1");
  const Scope scope{.roots = {tree.path() / "a"}, .except = {}};
  const Snapshot before = of(scope);
  tree.write("b", "2");
  std::filesystem::last_write_time(tree.path() / "b",
                                   std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
  std::filesystem::rename(tree.path() / "b", tree.path() / "a");
  EXPECT_EQ(of(scope).changes_since(before, By::Content), Paths{tree.path() / "a"});
}

TEST(Snapshot, LeavesOutWhatIsIgnoredAndExcepted) {
  const TestTree tree;
  for (const char* file : {"src/a", "target/x", "node_modules/m/x", "src/a~", "made/x", "app.wasm"})
    tree.write(file, "1");
  const Snapshot found = of({.roots = {tree.path()}, .except = {tree.path() / "made", tree.path() / "app.wasm"}});
  EXPECT_EQ(found.size(), 1U);
  EXPECT_TRUE(found.has(tree.path() / "src/a"));
  EXPECT_FALSE(found.folders().contains(tree.path() / "target"));
  EXPECT_TRUE(of({.roots = {tree.path() / "target"}, .except = {}}).has(tree.path() / "target/x"))
      << "when it is named";
}

TEST(Snapshot, WatchesForWhatDoesNotExistYet) {
  const TestTree tree;
  const Scope scope{.roots = {tree.path() / "deep/er/file"}, .except = {}};
  const Snapshot before = of(scope);
  EXPECT_EQ(before.size(), 0U);
  EXPECT_TRUE(before.folders().contains(tree.path())) << "its nearest folder that is there";
  tree.write("deep/er/file", "1");
  EXPECT_EQ(of(scope).changes_since(before, By::Stamp), Paths{tree.path() / "deep/er/file"});
}

TEST(Snapshot, FollowsLinksOnceAndNotForEver) {
  const TestTree tree;
  const TestTree other;
  other.write("shared.rs", "1");
  tree.write("src/a", "1");
  std::filesystem::create_directory_symlink(other.path(), tree.path() / "src/shared");
  std::filesystem::create_directory_symlink(tree.path(), tree.path() / "src/loop");
  std::filesystem::create_symlink("nowhere", tree.path() / "src/dead");
  const Snapshot found = of({.roots = {tree.path()}, .except = {}});
  EXPECT_EQ(found.size(), 2U);
  EXPECT_TRUE(found.has(tree.path() / "src/shared/shared.rs"));
}

TEST(Snapshot, AdoptsTheStateOfFiles) {
  const TestTree tree;
  tree.write("a", "1");
  tree.write("b", "1");
  const Scope scope{.roots = {tree.path()}, .except = {}};
  Snapshot before = of(scope);
  tree.write("a", "2");
  tree.write("b", "2");
  const Snapshot now = of(scope);
  before.adopt(now, {tree.path() / "a"});
  EXPECT_EQ(now.changes_since(before, By::Content), Paths{tree.path() / "b"});
}

TEST(Snapshot, KnowsTheNewestFile) {
  const TestTree tree;
  EXPECT_FALSE(of({.roots = {tree.path()}, .except = {}}).newest());
  tree.write("old", "1");
  std::filesystem::last_write_time(tree.path() / "old",
                                   std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
  tree.write("new", "1");
  EXPECT_EQ(of({.roots = {tree.path()}, .except = {}}).newest(), std::filesystem::last_write_time(tree.path() / "new"));
}

}  // namespace
}  // namespace peko::watch
