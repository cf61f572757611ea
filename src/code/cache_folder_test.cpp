#include "code/cache_folder.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <ctime>
#include <thread>

#include "base/hash.hpp"
#include "code/test_folder.hpp"

namespace peko::code {
namespace {

namespace fs = std::filesystem;

/// Whole pages, so that sizes add up.
constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kPlenty = std::uint64_t{1} << 30;

class CacheFolderTest : public testing::Test {
 protected:
  std::unique_ptr<CacheFolder> open(std::uint64_t bytes_max = kPlenty) const {
    auto opened = CacheFolder::open(root(), bytes_max);
    EXPECT_TRUE(opened.has_value()) << opened.error().message;
    return std::move(*opened);
  }

  fs::path root() const { return folder_.path() / "cache"; }

  static fs::path entry(int number) { return fs::path("components") / (hex(sha256(std::to_string(number))) + ".wasm"); }

  static Status keep(CacheFolder& folder, const fs::path& entry, std::string_view bytes) {
    return folder.keep(entry, std::array{bytes}, CacheFolder::Durable::No);
  }

  /// Keeps entries `first` to `last` of one page each; each was last used `age` seconds ago, the first one before that.
  void keep_pages(CacheFolder& folder, int first, int last, int age = 1000) const {
    for (int number = first; number <= last; ++number) {
      ASSERT_TRUE(keep(folder, entry(number), std::string(kPage, 'x')).has_value());
      used(entry(number), age + last - number);
    }
  }

  void used(const fs::path& entry, int seconds_ago) const {
    const timespec at{.tv_sec = std::time(nullptr) - seconds_ago, .tv_nsec = 0};
    const timespec times[] = {at, at};
    ASSERT_EQ(::utimensat(AT_FDCWD, (root() / entry).c_str(), times, 0), 0) << entry;
  }

  int seconds_since_use(const fs::path& entry) const {
    struct stat about{};
    EXPECT_EQ(::stat((root() / entry).c_str(), &about), 0);
    return static_cast<int>(std::time(nullptr) - about.st_mtim.tv_sec);
  }

  /// Which of the entries 0 to `last` are there.
  std::vector<int> there(int last) const {
    std::vector<int> numbers;
    for (int number = 0; number <= last; ++number) {
      if (fs::exists(root() / entry(number))) numbers.push_back(number);
    }
    return numbers;
  }

  std::size_t temporaries() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(root() / "tmp"), {}));
  }

  TestFolder folder_;
};

TEST_F(CacheFolderTest, RemovesWhatWasUnusedForLongestDownToNineTenths) {
  const auto folder = open(20 * kPage);
  keep_pages(*folder, 0, 19);
  EXPECT_EQ(there(30).size(), 20U);
  used(entry(3), 5);
  ASSERT_TRUE(keep(*folder, entry(20), std::string(kPage, 'x')).has_value());
  EXPECT_EQ(there(20), (std::vector{3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20}));
}

TEST_F(CacheFolderTest, CountsWhatItFindsAtTheStart) {
  keep_pages(*open(), 0, 29);
  const auto folder = open(10 * kPage);
  EXPECT_EQ(there(30).size(), 30U) << "opening reads nothing";
  ASSERT_TRUE(keep(*folder, entry(30), "x").has_value());
  EXPECT_EQ(there(30), (std::vector{22, 23, 24, 25, 26, 27, 28, 29, 30}));
}

TEST_F(CacheFolderTest, CountsEverythingItHolds) {
  const auto folder = open(4 * kPage);
  const fs::path artifact = fs::path("artifacts") / "some-engine" / (hex(sha256("a")) + ".cwasm");
  const fs::path text = fs::path("remembered") / hex(sha256("store")) / hex(sha256("key"));
  ASSERT_TRUE(keep(*folder, artifact, "x").has_value());
  ASSERT_TRUE(keep(*folder, text, "x").has_value());
  used(artifact, 2000);
  used(text, 1999);
  keep_pages(*folder, 0, 2);
  EXPECT_FALSE(fs::exists(root() / artifact));
  EXPECT_FALSE(fs::exists(root() / text));
  EXPECT_EQ(there(2), (std::vector{0, 1, 2}));
}

TEST_F(CacheFolderTest, TouchesNoFileThatIsNotItsOwn) {
  const std::string hash = hex(sha256("x"));
  const fs::path mine[] = {root() / "key",
                           root() / "note.txt",
                           root() / "components" / "note.txt",
                           root() / "components" / (hash + ".txt"),
                           root() / "components" / hash.substr(1),
                           root() / "other" / (hash + ".wasm"),
                           root() / "artifacts" / "a" / "b" / (hash + ".wasm")};
  for (const fs::path& file : mine) {
    folder_.write(fs::relative(file, folder_.path()), std::string(10 * kPage, 'x'));
  }
  const auto folder = open(4 * kPage);
  keep_pages(*folder, 0, 9);
  for (const fs::path& file : mine) {
    EXPECT_TRUE(fs::exists(file)) << file;
  }
  EXPECT_GE(there(9).size(), 3U) << "and they do not count";
}

TEST_F(CacheFolderTest, KeepsWhatWasJustKeptEvenIfItIsMostOfTheCache) {
  const auto folder = open(10 * kPage);
  keep_pages(*folder, 0, 4);
  ASSERT_TRUE(keep(*folder, entry(5), std::string(10 * kPage, 'x')).has_value());
  EXPECT_EQ(there(5), (std::vector{5}));
}

TEST_F(CacheFolderTest, RefusesWhatIsLargerThanTheCache) {
  const auto folder = open(10 * kPage);
  const Status kept = keep(*folder, entry(0), std::string(10 * kPage + 1, 'x'));
  ASSERT_FALSE(kept.has_value());
  EXPECT_EQ(kept.error().code, Code::Invalid);
  EXPECT_NE(kept.error().message.find("raise cache_mb"), std::string::npos) << kept.error().message;
  EXPECT_EQ(temporaries(), 0U);
}

TEST_F(CacheFolderTest, NotesAUseOnceAnHour) {
  const auto folder = open();
  ASSERT_TRUE(keep(*folder, entry(0), "x").has_value());
  used(entry(0), 1800);
  ASSERT_TRUE(folder->find(entry(0)).has_value());
  EXPECT_GE(seconds_since_use(entry(0)), 1800);
  used(entry(0), 4000);
  ASSERT_TRUE(folder->find(entry(0)).has_value());
  EXPECT_LT(seconds_since_use(entry(0)), 1800);
  used(entry(0), -100'000);
  ASSERT_TRUE(folder->find(entry(0)).has_value());
  EXPECT_GT(seconds_since_use(entry(0)), -1800) << "nor does an entry stay in the future";
}

TEST_F(CacheFolderTest, RemovesWhatKilledWritersLeft) {
  const fs::path left = folder_.write("cache/tmp/abcdef", "half an entry");
  EXPECT_EQ(temporaries(), 1U);
  open();
  EXPECT_EQ(temporaries(), 0U);
}

TEST_F(CacheFolderTest, LeavesWhatIsBeingWritten) {
  const fs::path writing = folder_.write("cache/tmp/abcdef", "half an entry");
  const UniqueFd held(::open(writing.c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_EQ(::flock(held.get(), LOCK_EX), 0);
  open();
  EXPECT_EQ(temporaries(), 1U);
}

TEST_F(CacheFolderTest, MakesItsFoldersAgainWhenSomebodyRemovedThem) {
  const auto folder = open();
  fs::remove_all(root());
  ASSERT_TRUE(keep(*folder, entry(0), "x").has_value());
  EXPECT_TRUE(folder->find(entry(0))->has_value());
}

TEST_F(CacheFolderTest, SaysWhenAFileIsInTheWayOfTheFolder) {
  const auto opened = CacheFolder::open(folder_.write("file", "") / "cache", kPlenty);
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, Code::Invalid);
  EXPECT_NE(opened.error().message.find((folder_.path() / "file").string()), std::string::npos);
}

TEST_F(CacheFolderTest, LeavesTheOldEntryWhenANewOneCannotBeWritten) {
  const auto folder = open();
  ASSERT_TRUE(keep(*folder, entry(0), "old").has_value());
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {  // The bound of a file's size stands for a full disk: both fail the write.
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{.rlim_cur = 1000, .rlim_max = 1000};
    ::setrlimit(RLIMIT_FSIZE, &small);
    const Status kept = keep(*folder, entry(0), std::string(5000, 'n'));
    ::_exit(!kept && kept.error().code == Code::Unavailable ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(fs::file_size(root() / entry(0)), 3U);
  EXPECT_EQ(temporaries(), 0U);
}

TEST_F(CacheFolderTest, StaysNearItsBoundWhileThreadsAndProcessesAdd) {
  constexpr int kProcesses = 3;
  constexpr int kThreads = 2;
  constexpr int kEach = 100;
  constexpr std::uint64_t kBound = 64 * kPage;
  std::vector<pid_t> children;
  for (int process = 0; process < kProcesses; ++process) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const auto folder = CacheFolder::open(root(), kBound);
      std::atomic<bool> good = folder.has_value();
      {
        std::vector<std::jthread> threads;
        for (int thread = 0; good && thread < kThreads; ++thread) {
          threads.emplace_back([&, thread] {
            for (int i = 0; i < kEach; ++i) {
              const int number = (process * kThreads + thread) * kEach + i;
              if (!keep(**folder, entry(number), std::string(kPage, 'x'))) good = false;
            }
          });
        }
      }
      ::_exit(good ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  // What others add is noticed after a sixteenth of the bound in each process, and a measurement that another process
  // is doing is not done twice.
  const std::size_t left = there(kProcesses * kThreads * kEach).size();
  EXPECT_LT(left, 2 * kBound / kPage);
  EXPECT_GT(left, 0U);
  EXPECT_EQ(temporaries(), 0U);
  const auto folder = open(kBound);
  ASSERT_TRUE(keep(*folder, entry(100'000), "x").has_value());
  EXPECT_LE(there(kProcesses * kThreads * kEach).size(), kBound / kPage);
}

}  // namespace
}  // namespace peko::code
