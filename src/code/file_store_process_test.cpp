// FileStore as several processes use it, and over a file system in user space.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <thread>

#include "code/beneath.hpp"
#include "code/file_store.hpp"
#include "code/forbid_openat2.hpp"
#include "code/store_conformance.hpp"
#include "code/store_mark.hpp"
#include "code/test_folder.hpp"

namespace peko::code {
namespace {

namespace fs = std::filesystem;

constexpr const char* kStoreVariable = "PEKO_TEST_STORE";

/// This program once more, running one test of FileStoreChild in a process of its own.
pid_t start_child(const std::string& test, const fs::path& store) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::setenv(kStoreVariable, store.c_str(), 1);
    const std::string filter = "--gtest_filter=FileStoreChild." + test;
    ::execl("/proc/self/exe", "code_test", filter.c_str(), "--gtest_also_run_disabled_tests", nullptr);
    ::_exit(127);
  }
  return child;
}

/// The wait status.
int wait_for(pid_t child) {
  int status = -1;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

int number_in(std::string_view text) {
  int number = -1;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// What the children do; a test only for them.
class FileStoreChild : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::getenv(kStoreVariable) == nullptr) {
      GTEST_SKIP() << "runs in the processes that other tests start";
    }
  }
  [[nodiscard]] static fs::path root() { return std::getenv(kStoreVariable); }

  SystemClock clock_;
};

constexpr int kChanges = 40;

TEST_F(FileStoreChild, DISABLED_Counts) {
  FileStore store(root(), clock_);
  for (int done = 0; done < kChanges;) {
    const auto now = get_object(store, "functions/f/current.json", 100);
    ASSERT_TRUE(now) << now.error().message;
    const auto put = put_object(store, "functions/f/current.json", std::to_string(number_in(now->bytes) + 1),
                                PutIf::unchanged(now->info.etag));
    ASSERT_TRUE(put || put.error().code == Code::Conflict) << put.error().message;
    done += put ? 1 : 0;
  }
}

class DeadlySource final : public ByteSource {
 public:
  [[nodiscard]] std::uint64_t size() const override { return 10'000'000; }
  Result<std::string_view> read(std::uint64_t offset, std::size_t) override {
    if (offset > 5'000'000) {
      ::raise(SIGKILL);
    }
    return std::string_view(bytes_);
  }

 private:
  std::string bytes_ = std::string(100'000, 'x');
};

TEST_F(FileStoreChild, DISABLED_DiesWhileItWrites) {
  FileStore store(root(), clock_);
  DeadlySource source;
  ASSERT_TRUE(store.put("functions/f.wasm", source));
}

TEST_F(FileStoreChild, DISABLED_DiesWithTheLock) {
  const UniqueFd folder(::open(root().c_str(), O_PATH));
  const auto lock = lock_mark(folder.get(), std::chrono::seconds(1));
  ASSERT_TRUE(lock);
  ::raise(SIGKILL);
}

TEST_F(FileStoreChild, DISABLED_HasAnOldKernel) {
  ASSERT_TRUE(forbid_openat2(ENOSYS));
  FileStore store(root(), clock_);
  ASSERT_TRUE(put_object(store, "a/b/c", "x"));
  EXPECT_EQ(get_object(store, "a/b/c", 10)->bytes, "x");
  fs::create_symlink("c", root() / "a/b/inside");
  fs::create_symlink("/etc", root() / "a/outside");
  fs::create_symlink("b", root() / "a/d");
  for (const std::string_view key : {"a/b/inside", "a/outside/passwd"}) {
    const auto got = get_object(store, key, 10'000);
    EXPECT_FALSE(got) << key;
  }
  EXPECT_FALSE(put_object(store, "a/outside/peko-test", "x"));
  EXPECT_EQ(store.list("a/", "", 10)->objects.size(), 1U);
  ASSERT_TRUE(store.remove("a/b/c"));
}

TEST(FileStoreProcesses, LoseNoChange) {
  const TestFolder folder;
  SystemClock clock;
  FileStore store(folder.path(), clock);
  ASSERT_TRUE(put_object(store, "functions/f/current.json", "0"));
  std::array<pid_t, 3> children{};
  for (pid_t& child : children) {
    child = start_child("DISABLED_Counts", folder.path());
  }
  for (const pid_t child : children) {
    EXPECT_EQ(wait_for(child), 0);
  }
  EXPECT_EQ(get_object(store, "functions/f/current.json", 100)->bytes, std::to_string(children.size() * kChanges));
}

TEST(FileStoreProcesses, LeaveTheOldObjectWhenTheyAreKilled) {
  const TestFolder folder;
  SystemClock clock;
  FileStore store(folder.path(), clock);
  ASSERT_TRUE(put_object(store, "functions/f.wasm", "old"));
  EXPECT_EQ(WTERMSIG(wait_for(start_child("DISABLED_DiesWhileItWrites", folder.path()))), SIGKILL);
  EXPECT_EQ(get_object(store, "functions/f.wasm", 10)->bytes, "old");
  EXPECT_EQ(store.list("", "", 10)->objects.size(), 1U);
  EXPECT_TRUE(put_object(store, "functions/f.wasm", "new"));
}

TEST(FileStoreProcesses, GiveBackTheLockWhenTheyAreKilled) {
  const TestFolder folder;
  SystemClock clock;
  FileStore store(folder.path(), clock);
  EXPECT_EQ(WTERMSIG(wait_for(start_child("DISABLED_DiesWithTheLock", folder.path()))), SIGKILL);
  EXPECT_TRUE(put_object(store, "f", "new"));
}

TEST(FileStoreProcesses, ReadAndWriteAlsoOnAnOldKernel) {
  const TestFolder folder;
  EXPECT_EQ(wait_for(start_child("DISABLED_HasAnOldKernel", folder.path())), 0);
}

TEST(StoreMark, IsLockedByOneAtATime) {
  const TestFolder folder;
  const UniqueFd root(::open(folder.path().c_str(), O_PATH));
  EXPECT_EQ(read_mark(root.get()).value(), "");
  auto first = lock_mark(root.get(), std::chrono::milliseconds(10));
  ASSERT_TRUE(first) << first.error().message;
  const auto second = lock_mark(root.get(), std::chrono::milliseconds(10));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::Unavailable);
  first->close();
  EXPECT_TRUE(lock_mark(root.get(), std::chrono::milliseconds(10)));
}

TEST(StoreMark, StaysTheSame) {
  const TestFolder folder;
  const UniqueFd root(::open(folder.path().c_str(), O_PATH));
  ASSERT_TRUE(lock_mark(root.get(), std::chrono::milliseconds(10)));
  const std::string mark = read_mark(root.get()).value();
  EXPECT_EQ(mark.size(), 32U);
  ASSERT_TRUE(lock_mark(root.get(), std::chrono::milliseconds(10)));
  EXPECT_EQ(read_mark(root.get()).value(), mark);
  folder.write(".peko/store", "cut");
  EXPECT_EQ(read_mark(root.get()).error().code, Code::Invalid);
}

TEST(StoreMark, IsNotTakenFromALinkThatLeadsOut) {
  const TestFolder folder;
  fs::create_directory(folder.path() / "store");
  fs::create_symlink("/tmp", folder.path() / "store/.peko");
  const UniqueFd root(::open((folder.path() / "store").c_str(), O_PATH));
  EXPECT_FALSE(read_mark(root.get()));
  EXPECT_FALSE(lock_mark(root.get(), std::chrono::milliseconds(10)));
}

/// A folder seen through bindfs, a file system in user space.
class FuseGround final : public StoreGround {
 public:
  /// `option` is one more of bindfs. Null where it cannot be mounted.
  static std::unique_ptr<StoreGround> make(const char* option) {
    auto ground = std::make_unique<FuseGround>();
    return ground->mount(option) ? std::move(ground) : nullptr;
  }
  FuseGround() { fs::create_directory(disk()); }
  ~FuseGround() override {
    if (daemon_ > 0) {
      ::kill(daemon_, SIGTERM);  // It unmounts, and may where we may not.
      wait_for(daemon_);
      ::umount2(view().c_str(), MNT_DETACH);
    }
  }
  FuseGround(const FuseGround&) = delete;
  FuseGround& operator=(const FuseGround&) = delete;

  std::unique_ptr<Store> open() override { return std::make_unique<FileStore>(view(), clock_); }

 private:
  [[nodiscard]] fs::path disk() const { return folder_.path() / "disk"; }
  [[nodiscard]] fs::path view() const { return folder_.path() / "view"; }

  bool mount(const char* option) {
    fs::create_directory(view());
    daemon_ = ::fork();
    if (daemon_ == 0) {
      const int quiet = ::open("/dev/null", O_WRONLY);
      ::dup2(quiet, STDERR_FILENO);
      ::execlp("bindfs", "bindfs", "-f", "--multithreaded", option, disk().c_str(), view().c_str(), nullptr);
      ::_exit(127);
    }
    for (;;) {
      struct stat below{};
      struct stat above{};
      if (::stat(folder_.path().c_str(), &below) == 0 && ::stat(view().c_str(), &above) == 0 &&
          above.st_dev != below.st_dev) {
        return true;
      }
      if (::waitpid(daemon_, nullptr, WNOHANG) != 0) {
        daemon_ = 0;
        return false;  // It is not installed, or may not mount.
      }
      std::this_thread::yield();
    }
  }

  TestFolder folder_;
  SystemClock clock_;
  pid_t daemon_ = 0;
};

INSTANTIATE_TEST_SUITE_P(FuseStore, StoreConformance,
                         ::testing::Values(StoreFactory{.name = "Bindfs",
                                                        .make = [] { return FuseGround::make("--no-allow-other"); },
                                                        .large_bytes = 20'000'000,
                                                        .many_objects = 1'000}),
                         store_factory_name);

TEST(FuseStore, RefusesToWriteWhereEveryLockIsGranted) {
  // bindfs takes each lock for its own: one process never waits for itself.
  const auto ground = FuseGround::make("--enable-lock-forwarding");
  if (!ground) {
    GTEST_SKIP() << "bindfs cannot be mounted on this machine";
  }
  const auto store = ground->open();
  const auto put = put_object(*store, "a/f", "x");
  if (put) {
    GTEST_SKIP() << "this bindfs has locks that hold";
  }
  EXPECT_EQ(put.error().code, Code::Denied) << put.error().message;
  EXPECT_EQ(store->stat("a/f").error().code, Code::NotFound);
}

}  // namespace
}  // namespace peko::code
