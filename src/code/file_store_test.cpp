#include "code/file_store.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <functional>
#include <thread>
#include <utility>

#include "base/file.hpp"
#include "code/store_conformance.hpp"
#include "code/test_folder.hpp"

namespace peko::code {
namespace {

namespace fs = std::filesystem;

class FileGround final : public StoreGround {
 public:
  std::unique_ptr<Store> open() override { return std::make_unique<FileStore>(folder_.path(), clock_); }

 private:
  TestFolder folder_;
  SystemClock clock_;
};

INSTANTIATE_TEST_SUITE_P(FileStore, StoreConformance,
                         ::testing::Values(StoreFactory{.name = "Local",
                                                        .make = [] { return std::make_unique<FileGround>(); }}),
                         store_factory_name);

class FileStoreTest : public ::testing::Test {
 protected:
  [[nodiscard]] fs::path root() const { return folder_.path() / "store"; }
  void SetUp() override {
    fs::create_directory(root());
    fs::permissions(folder_.path(), fs::perms(0755));
  }
  fs::path write(const fs::path& relative, std::string_view bytes) const {
    return folder_.write("store" / relative, bytes);
  }
  [[nodiscard]] std::vector<std::string> keys() {
    std::vector<std::string> keys;
    const auto page = store_.list("", "", 1'000);
    EXPECT_TRUE(page) << page.error().message;
    for (const ObjectInfo& object : page.value_or(ObjectPage{}).objects) {
      keys.push_back(object.key);
    }
    return keys;
  }
  /// Names in the store that begin with '.', but for the mark's.
  [[nodiscard]] std::vector<std::string> hidden() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(root())) {
      const std::string name = entry.path().filename();
      if (name.starts_with(".") && name != ".peko") {
        names.push_back(name);
      }
    }
    return names;
  }

  TestFolder folder_;
  SystemClock clock_;
  FileStore store_{folder_.path() / "store", clock_};
};

using Keys = std::vector<std::string>;

void age(const fs::path& file, std::chrono::hours by) {
  fs::last_write_time(file, fs::file_time_type::clock::now() - by);
}

/// Another user for a while, when we are root, who may do everything.
class Nobody {
 public:
  Nobody() {
    if (::geteuid() == 0) {
      EXPECT_EQ(::seteuid(65534), 0);
      changed_ = true;
    }
  }
  ~Nobody() {
    if (changed_) {
      EXPECT_EQ(::seteuid(0), 0);
    }
  }
  Nobody(const Nobody&) = delete;
  Nobody& operator=(const Nobody&) = delete;

 private:
  bool changed_ = false;
};

TEST_F(FileStoreTest, ListsWhatPeopleDropIn) {
  write("functions/hello.wasm", "x");
  write("functions/other.toml", "");
  EXPECT_EQ(keys(), Keys({"functions/hello.wasm", "functions/other.toml"}));
}

TEST_F(FileStoreTest, ListsNothingThatIsNoObject) {
  write("functions/a.wasm", "x");
  write("functions/.nfs00000000012", "silly-renamed");
  write("functions/.hidden", "x");
  write("functions/with space.wasm", "x");
  write("functions/.peko-tmp-host-1-0", "half");
  write(".git/HEAD", "x");
  fs::create_directory(root() / "functions" / "empty");
  ASSERT_EQ(::mkfifo((root() / "functions" / "pipe").c_str(), 0600), 0);
  fs::create_symlink("nowhere", root() / "functions" / "dangling");
  EXPECT_EQ(keys(), Keys({"functions/a.wasm"}));
  const auto pipe = store_.stat("functions/pipe");
  ASSERT_FALSE(pipe);
  EXPECT_EQ(pipe.error().code, Code::Invalid) << pipe.error().message;
}

TEST_F(FileStoreTest, FollowsLinksWithinAndNoneThatLeadOut) {
  folder_.write("secret", "secret");
  write("components/c.wasm", "code");
  fs::create_directory(root() / "functions");
  fs::create_symlink("../components/c.wasm", root() / "functions/inside.wasm");
  fs::create_symlink("../../secret", root() / "functions/outside.wasm");
  fs::create_symlink("/etc/passwd", root() / "functions/passwd.wasm");
  fs::create_symlink("../..", root() / "functions/folder");
  EXPECT_EQ(keys(), Keys({"components/c.wasm", "functions/inside.wasm"}));
  EXPECT_EQ(get_object(store_, "functions/inside.wasm", 10)->bytes, "code");
  for (const std::string_view key : {"functions/outside.wasm", "functions/passwd.wasm", "functions/folder/secret"}) {
    const auto got = get_object(store_, key, 10'000);
    ASSERT_FALSE(got) << key;
    EXPECT_EQ(got.error().code, Code::Denied) << got.error().message;
    EXPECT_NE(got.error().message.find("symbolic link"), std::string::npos) << got.error().message;
  }
  EXPECT_FALSE(put_object(store_, "functions/folder/new", "x"));
  EXPECT_FALSE(fs::exists(folder_.path() / "new"));
}

TEST_F(FileStoreTest, ReplacesALinkAndNotWhatItLeadsTo) {
  write("components/c.wasm", "code");
  fs::create_directory(root() / "functions");
  fs::create_symlink("../components/c.wasm", root() / "functions/f.wasm");
  ASSERT_TRUE(put_object(store_, "functions/f.wasm", "new"));
  EXPECT_EQ(get_object(store_, "components/c.wasm", 10)->bytes, "code");
  EXPECT_EQ(get_object(store_, "functions/f.wasm", 10)->bytes, "new");
}

TEST_F(FileStoreTest, EndsAListingOfFoldersInACircle) {
  write("a/b/file", "x");
  fs::create_symlink("../..", root() / "a/b/circle");
  fs::create_symlink(".", root() / "a/self");
  EXPECT_EQ(keys(), Keys({"a/b/file"}));
}

TEST_F(FileStoreTest, SaysWhatIsInTheWay) {
  ASSERT_TRUE(put_object(store_, "a", "x"));
  ASSERT_TRUE(put_object(store_, "b/c", "x"));
  for (const std::string_view key : {"a/b", "a/b/c", "b"}) {
    const auto put = put_object(store_, key, "x");
    ASSERT_FALSE(put);
    EXPECT_EQ(put.error().code, Code::Invalid) << put.error().message;
  }
  EXPECT_EQ(hidden(), Keys());
}

TEST_F(FileStoreTest, GivesAFileThatIsWrittenByHandAnotherEtag) {
  const fs::path file = write("functions/f.wasm", "one");
  const std::string etag = store_.stat("functions/f.wasm")->etag;
  const auto written = fs::last_write_time(file);
  // As `cp -p` does: as many bytes, the dates of another file. Until the file system's clock has moved.
  for (int tries = 0; tries < 100'000 && store_.stat("functions/f.wasm")->etag == etag; ++tries) {
    write("functions/f.wasm", "two");
    fs::last_write_time(file, written);
  }
  EXPECT_NE(store_.stat("functions/f.wasm")->etag, etag);
}

TEST_F(FileStoreTest, MakesTheTimeOfAWriteLaterThanAnyThereWas) {
  const fs::path file = write("f", "one");
  age(file, std::chrono::hours(-48));  // a clock that was wrong
  const auto before = store_.stat("f")->modified;
  ASSERT_TRUE(put_object(store_, "f", "two"));
  EXPECT_GT(store_.stat("f")->modified, before);
}

TEST_F(FileStoreTest, NoticesThatAFileIsWrittenWhileItIsRead) {
  const auto while_reading = [&](const std::function<void()>& change) {
    write("f", std::string(1'000'000, 'x'));
    bool first = true;
    return store_.get("f", [&](std::string_view) -> Status {
      if (std::exchange(first, false)) {
        change();
      }
      return {};
    });
  };
  const auto longer = while_reading([&] { std::ofstream(root() / "f", std::ios::app) << "more"; });
  ASSERT_FALSE(longer);
  EXPECT_EQ(longer.error().code, Code::Unavailable) << longer.error().message;
  const auto shorter = while_reading([&] { fs::resize_file(root() / "f", 5); });
  ASSERT_FALSE(shorter);
  EXPECT_EQ(shorter.error().code, Code::Unavailable) << shorter.error().message;
}

TEST_F(FileStoreTest, ReadsTheOldBytesToTheEndWhenTheObjectIsReplacedOrRemoved) {
  for (const bool removed : {false, true}) {
    ASSERT_TRUE(put_object(store_, "f", std::string(1'000'000, 'x')));
    std::string bytes;
    const auto got = store_.get("f", [&](std::string_view piece) -> Status {
      bytes += piece;
      return removed ? store_.remove("f")
                     : Status(put_object(store_, "f", "new").has_value() ? Status() : fail(Code::Internal, ""));
    });
    EXPECT_TRUE(got) << got.error().message;
    EXPECT_EQ(bytes, std::string(1'000'000, 'x'));
  }
}

TEST_F(FileStoreTest, IsUnavailableWhileItsFolderIsNotThere) {
  write("f", "x");
  fs::rename(root(), folder_.path() / "elsewhere");
  const auto missing = store_.stat("f");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Code::Unavailable) << missing.error().message;
  EXPECT_NE(missing.error().message.find("mkdir"), std::string::npos) << missing.error().message;
  EXPECT_EQ(store_.list("", "", 1).error().code, Code::Unavailable);
  EXPECT_EQ(put_object(store_, "f", "x").error().code, Code::Unavailable);
  EXPECT_EQ(store_.remove("f").error().code, Code::Unavailable);
  fs::rename(folder_.path() / "elsewhere", root());
  EXPECT_TRUE(store_.stat("f"));
}

TEST_F(FileStoreTest, TakesAFolderThatIsNotMountedForNoEmptyStore) {
  ASSERT_TRUE(put_object(store_, "a/f", "x"));
  fs::rename(root(), folder_.path() / "disk");
  fs::create_directory(root());
  for (const Code code : {store_.stat("a/f").error().code, store_.list("a/", "", 1).error().code,
                          put_object(store_, "a/f", "y").error().code, store_.remove("a/f").error().code}) {
    EXPECT_EQ(code, Code::Unavailable);
  }
  EXPECT_TRUE(fs::is_empty(root()));
  FileStore other(root(), clock_);
  ASSERT_TRUE(put_object(other, "a/f", "y"));
  EXPECT_EQ(store_.stat("a/g").error().code, Code::Unavailable) << "another store";
  fs::remove_all(root());
  fs::rename(folder_.path() / "disk", root());
  EXPECT_EQ(get_object(store_, "a/f", 10)->bytes, "x");
  EXPECT_EQ(store_.stat("a/g").error().code, Code::NotFound);
}

TEST_F(FileStoreTest, MissesNoMarkThatTheFirstWriterMakesMeanwhile) {
  constexpr int kRounds = 50;
  constexpr std::size_t kReaders = 6;
  for (int round = 0; round < kRounds; ++round) {
    const TestFolder folder;
    FileStore store(folder.path(), clock_);
    std::atomic<bool> made = false;
    std::vector<std::jthread> readers;
    for (std::size_t i = 0; i < kReaders; ++i) {
      readers.emplace_back([&] {
        do {
          const Result<ObjectPage> page = store.list("", "", 1);
          ASSERT_TRUE(page) << page.error().message;
        } while (!made);
      });
    }
    EXPECT_TRUE(put_object(store, "f", "x"));
    made = true;
  }
}

TEST_F(FileStoreTest, RemovesWhatWritersLeftALongTimeAgo) {
  age(write("functions/.peko-tmp-host-1-0123", "old"), std::chrono::hours(25));
  age(write("functions/.other", "old"), std::chrono::hours(25));
  write("functions/.peko-tmp-host-2-0123", "young");
  EXPECT_EQ(keys(), Keys());
  Keys left = hidden();
  std::ranges::sort(left);
  EXPECT_EQ(left, Keys({".other", ".peko-tmp-host-2-0123"}));
}

TEST_F(FileStoreTest, LeavesNoTemporaryFile) {
  PatternSource source(3'000'000, 1);
  source.fail_at(2'000'000);
  EXPECT_FALSE(store_.put("a/f", source));
  ASSERT_TRUE(put_object(store_, "a/f", "x"));
  EXPECT_FALSE(put_object(store_, "a/f", "x", PutIf::absent()));
  EXPECT_FALSE(put_object(store_, "a/f", "x", PutIf::unchanged("other")));
  EXPECT_EQ(hidden(), Keys());
}

TEST_F(FileStoreTest, RemovesEmptyFoldersButNotThoseThatPeopleDropInto) {
  ASSERT_TRUE(put_object(store_, "versions/f/1.json", ""));
  ASSERT_TRUE(put_object(store_, "versions/f/2.json", ""));
  ASSERT_TRUE(store_.remove("versions/f/1.json"));
  EXPECT_TRUE(fs::exists(root() / "versions/f"));
  ASSERT_TRUE(store_.remove("versions/f/2.json"));
  EXPECT_FALSE(fs::exists(root() / "versions/f"));
  EXPECT_TRUE(fs::exists(root() / "versions"));
}

TEST_F(FileStoreTest, SaysWhoMayNotDoWhat) {
  const fs::path file = write("functions/f.wasm", "x");
  fs::permissions(file, fs::perms(0));
  write("locked/f", "x");
  fs::permissions(root() / "locked", fs::perms(0));
  fs::permissions(root() / "functions", fs::perms(0555));
  {
    const Nobody nobody;
    for (const auto& error :
         {store_.stat("functions/f.wasm").error(), store_.stat("locked/f").error(), store_.list("", "", 10).error(),
          store_.list("locked/", "", 10).error(), put_object(store_, "functions/g.wasm", "x").error()}) {
      EXPECT_EQ(error.code, Code::Denied) << error.message;
    }
    const std::string message = store_.stat("functions/f.wasm").error().message;
    EXPECT_NE(message.find("for user " + std::to_string(::geteuid())), std::string::npos) << message;
  }
  fs::permissions(root() / "locked", fs::perms(0755));
}

/// Runs `work` with a disk of one megabyte mounted at `folder`, in a mount namespace of its own; false when we may not.
template <typename Work>
bool with_small_disk(const fs::path& folder, Work work) {
  bool mounted = false;
  std::thread([&] {
    mounted = ::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
              ::mount("none", folder.c_str(), "tmpfs", 0, "size=1m") == 0;
    if (mounted) {
      work();
      ::umount2(folder.c_str(), MNT_DETACH);
    }
  }).join();
  return mounted;
}

TEST_F(FileStoreTest, SaysThatTheDiskIsFullAndKeepsWhatIsThere) {
  const bool ran = with_small_disk(root(), [&] {
    ASSERT_TRUE(put_object(store_, "f", "old"));
    PatternSource source(3'000'000, 1);
    const auto put = store_.put("f", source);
    ASSERT_FALSE(put);
    EXPECT_EQ(put.error().code, Code::Unavailable);
    EXPECT_NE(put.error().message.find("free space"), std::string::npos) << put.error().message;
    EXPECT_EQ(get_object(store_, "f", 10)->bytes, "old");
    EXPECT_EQ(hidden(), Keys());
    EXPECT_TRUE(put_object(store_, "f", "new"));
  });
  if (!ran) {
    GTEST_SKIP() << "mounting needs root";
  }
}

TEST_F(FileStoreTest, IsReadFromADiskThatCannotBeWritten) {
  const bool ran = with_small_disk(root(), [&] {
    ASSERT_TRUE(put_object(store_, "a/f", "x"));
    write("a/.peko-tmp-host-1-0", "");
    age(root() / "a/.peko-tmp-host-1-0", std::chrono::hours(48));
    ASSERT_EQ(::mount("none", root().c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, nullptr), 0);
    EXPECT_EQ(get_object(store_, "a/f", 10)->bytes, "x");
    EXPECT_EQ(keys(), Keys({"a/f"}));
    for (const auto& error : {put_object(store_, "a/f", "y").error(), put_object(store_, "b/f", "y").error(),
                              store_.remove("a/f").error()}) {
      EXPECT_EQ(error.code, Code::Denied) << error.message;
    }
  });
  if (!ran) {
    GTEST_SKIP() << "mounting needs root";
  }
}

}  // namespace
}  // namespace peko::code
