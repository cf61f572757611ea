#include "code/artifact_cache.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <iterator>

#include "base/file.hpp"
#include "code/test_folder.hpp"

namespace peko::code {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEngine = "wasmtime-48.0.0-abi1-0123abcd";
const Digest kComponent = sha256("a component");

class ArtifactCacheTest : public testing::Test {
 protected:
  ArtifactCache cache() {
    auto opened = ArtifactCache::open(folder_.path() / "cache");
    EXPECT_TRUE(opened.has_value()) << opened.error().message;
    return std::move(*opened);
  }

  fs::path entry(std::string_view extension) const {
    return folder_.path() / "cache" / "artifacts" / kEngine / (hex(kComponent) + std::string(extension));
  }

  static mode_t mode_of(const fs::path& path) {
    struct stat about{};
    EXPECT_EQ(::stat(path.c_str(), &about), 0) << path;
    return about.st_mode & 07777;
  }

  /// The stored artifact's bytes, or "refused: why", or "nothing".
  static std::string found(const ArtifactCache& cache, std::string_view engine = kEngine,
                           const Digest& component = kComponent) {
    const auto artifact = cache.lookup(engine, component);
    if (!artifact) {
      EXPECT_EQ(artifact.error().code, Code::Denied);
      return "refused: " + artifact.error().message;
    }
    if (!*artifact) {
      return "nothing";
    }
    std::ifstream file((*artifact)->path(), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  static void expect_refused(const std::string& answer, std::string_view why) {
    EXPECT_TRUE(answer.starts_with("refused: the compiled artifact ")) << answer;
    EXPECT_NE(answer.find(why), std::string::npos) << answer;
  }

  TestFolder folder_;
};

TEST_F(ArtifactCacheTest, ReturnsWhatWasStored) {
  const ArtifactCache cache = this->cache();
  EXPECT_EQ(found(cache), "nothing");
  const std::string artifact(1'000'000, 'a');
  ASSERT_TRUE(cache.store(kEngine, kComponent, artifact).has_value());
  EXPECT_EQ(found(cache), artifact);
  EXPECT_EQ(found(this->cache()), artifact) << "the key outlives the process";
}

TEST_F(ArtifactCacheTest, KnowsAnArtifactByEngineAndComponent) {
  const ArtifactCache cache = this->cache();
  ASSERT_TRUE(cache.store(kEngine, kComponent, "code").has_value());
  EXPECT_EQ(found(cache, "another-engine"), "nothing");
  EXPECT_EQ(found(cache, kEngine, sha256("another")), "nothing");
}

TEST_F(ArtifactCacheTest, KeepsEverythingFromOtherUsers) {
  const mode_t before = ::umask(0);
  ASSERT_TRUE(cache().store(kEngine, kComponent, "code").has_value());
  ::umask(before);
  const fs::path root = folder_.path() / "cache";
  for (const fs::path& place : {root, root / "artifacts", root / "artifacts" / kEngine}) {
    EXPECT_EQ(mode_of(place), 0700U) << place;
  }
  for (const fs::path& file : {root / "key", entry(".cwasm"), entry(".hmac")}) {
    EXPECT_EQ(mode_of(file), 0600U) << file;
  }
}

TEST_F(ArtifactCacheTest, RefusesAForgedByteAndIsRepairedByStoring) {
  const ArtifactCache cache = this->cache();
  ASSERT_TRUE(cache.store(kEngine, kComponent, "machine code").has_value());
  std::fstream(entry(".cwasm"), std::ios::in | std::ios::out | std::ios::binary).put('M');
  expect_refused(found(cache), "its signature is wrong");
  ASSERT_TRUE(cache.store(kEngine, kComponent, "machine code").has_value());
  EXPECT_EQ(found(cache), "machine code");
}

TEST_F(ArtifactCacheTest, RefusesABitFlippedAnywhere) {
  const ArtifactCache cache = this->cache();
  const std::string artifact(600'000, 'a');  // more than two pieces of reading
  ASSERT_TRUE(cache.store(kEngine, kComponent, artifact).has_value());
  for (const auto extension : {".cwasm", ".hmac"}) {
    const std::size_t size = fs::file_size(entry(extension));
    for (const std::size_t at : {std::size_t{0}, size / 3, size / 2, size * 2 / 3, size - 1}) {
      for (const int bit : {0, 3, 7}) {
        const auto flip = [&] {
          std::fstream file(entry(extension), std::ios::in | std::ios::out | std::ios::binary);
          file.seekg(static_cast<std::streamoff>(at));
          const int byte = file.get();
          file.seekp(static_cast<std::streamoff>(at));
          file.put(static_cast<char>(byte ^ (1 << bit)));
        };
        flip();
        expect_refused(found(cache), "its signature is wrong");
        flip();
      }
    }
  }
  EXPECT_EQ(found(cache), artifact) << "every flip was undone";
}

TEST_F(ArtifactCacheTest, RemovesWhatKilledWritersLeft) {
  ASSERT_TRUE(cache().store(kEngine, kComponent, "machine code").has_value());
  const fs::path place = entry(".cwasm").parent_path();
  const fs::path leftover = place / (hex(kComponent) + ".cwasm.a1B2c3");
  const fs::path other = place / (hex(kComponent) + ".hmac.a1B2c3");
  const auto leave = [&] {
    for (const fs::path& file : {leftover, other}) {
      std::ofstream(file) << "half";
    }
  };
  leave();
  EXPECT_EQ(found(cache()), "machine code");
  EXPECT_FALSE(fs::exists(leftover) || fs::exists(other));
  leave();
  const UniqueFd lock(::open((place / "lock").c_str(), O_RDWR | O_CLOEXEC));
  ASSERT_EQ(::flock(lock.get(), LOCK_EX), 0);
  const ArtifactCache opened = cache();
  EXPECT_TRUE(fs::exists(leftover) && fs::exists(other)) << "somebody is writing";
}

/// The bound of a file's size stands for a full disk: both fail the write.
TEST_F(ArtifactCacheTest, LeavesNothingWhenTheDiskIsFull) {
  const ArtifactCache cache = this->cache();
  ASSERT_TRUE(cache.store(kEngine, kComponent, "machine code").has_value());
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{.rlim_cur = 1000, .rlim_max = 1000};
    ::setrlimit(RLIMIT_FSIZE, &small);
    const Status stored = cache.store(kEngine, sha256("another"), std::string(5000, 'x'));
    ::_exit(!stored && stored.error().message.find("writing ") == 0 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(found(cache, kEngine, sha256("another")), "nothing");
  EXPECT_EQ(found(cache), "machine code") << "what was there is still there";
  const fs::path place = entry(".cwasm").parent_path();
  EXPECT_EQ(std::distance(fs::directory_iterator(place), fs::directory_iterator()), 3);
}

TEST_F(ArtifactCacheTest, RefusesTruncatedAndExtendedFiles) {
  const ArtifactCache cache = this->cache();
  for (const auto extension : {".cwasm", ".hmac"}) {
    for (const int change : {-1, 1}) {
      ASSERT_TRUE(cache.store(kEngine, kComponent, "machine code").has_value());
      ASSERT_EQ(found(cache), "machine code");
      const fs::path file = entry(extension);
      fs::resize_file(file, static_cast<std::uintmax_t>(static_cast<std::intmax_t>(fs::file_size(file)) + change));
      expect_refused(found(cache), "its signature is wrong");
    }
  }
}

TEST_F(ArtifactCacheTest, RefusesAnArtifactWithoutASignature) {
  const ArtifactCache cache = this->cache();
  ASSERT_TRUE(cache.store(kEngine, kComponent, "machine code").has_value());
  fs::remove(entry(".hmac"));
  expect_refused(found(cache), ".hmac");
}

TEST_F(ArtifactCacheTest, RefusesTheSignedArtifactOfAnotherComponentOrEngine) {
  const ArtifactCache cache = this->cache();
  const Digest other = sha256("another");
  ASSERT_TRUE(cache.store(kEngine, other, "other code").has_value());
  ASSERT_TRUE(cache.store("old-engine", kComponent, "old code").has_value());
  const fs::path artifacts = entry(".cwasm").parent_path().parent_path();
  for (const fs::path& from : {artifacts / kEngine / hex(other), artifacts / "old-engine" / hex(kComponent)}) {
    for (const auto extension : {".cwasm", ".hmac"}) {
      fs::copy_file(from.string() + extension, entry(extension), fs::copy_options::overwrite_existing);
    }
    expect_refused(found(cache), "its signature is wrong");
  }
}

TEST_F(ArtifactCacheTest, RefusesFilesThatOthersMayChange) {
  const ArtifactCache cache = this->cache();
  for (const auto extension : {".cwasm", ".hmac"}) {
    for (const mode_t mode : {0620U, 0602U}) {
      ASSERT_TRUE(cache.store(kEngine, kComponent, "machine code").has_value());
      ASSERT_EQ(::chmod(entry(extension).c_str(), mode), 0);
      expect_refused(found(cache), "is open to other users");
    }
  }
}

TEST_F(ArtifactCacheTest, RefusesFilesOfAnotherUser) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "only root can give files away";
  }
  const ArtifactCache cache = this->cache();
  ASSERT_TRUE(cache.store(kEngine, kComponent, "machine code").has_value());
  ASSERT_EQ(::chown(entry(".cwasm").c_str(), 12345, 12345), 0);
  expect_refused(found(cache), "belongs to another user");
}

TEST_F(ArtifactCacheTest, RefusesLinksAndPipes) {
  const ArtifactCache cache = this->cache();
  ASSERT_TRUE(cache.store(kEngine, kComponent, "machine code").has_value());
  fs::rename(entry(".cwasm"), entry(".moved"));
  fs::create_symlink(entry(".moved"), entry(".cwasm"));
  expect_refused(found(cache), "is a symbolic link");
  fs::remove(entry(".cwasm"));
  ASSERT_EQ(::mkfifo(entry(".cwasm").c_str(), 0600), 0);
  expect_refused(found(cache), "is not a regular file");
}

TEST_F(ArtifactCacheTest, RefusesAnArtifactSignedByAnotherKey) {
  ASSERT_TRUE(cache().store(kEngine, kComponent, "machine code").has_value());
  fs::remove(folder_.path() / "cache" / "key");
  expect_refused(found(cache()), "its signature is wrong");
}

TEST_F(ArtifactCacheTest, HandsOutTheVerifiedFileItself) {
  const ArtifactCache cache = this->cache();
  ASSERT_TRUE(cache.store(kEngine, kComponent, "verified").has_value());
  const auto artifact = cache.lookup(kEngine, kComponent);
  ASSERT_TRUE(artifact.has_value() && artifact->has_value());
  fs::remove(entry(".cwasm"));
  folder_.write(fs::relative(entry(".cwasm"), folder_.path()), "evil");
  EXPECT_EQ(read_file((*artifact)->path(), 100).value(), "verified");
}

TEST_F(ArtifactCacheTest, DoesNotOpenWithAKeyThatOthersCanRead) {
  {
    const ArtifactCache made = cache();
  }
  const fs::path key = folder_.path() / "cache" / "key";
  for (const mode_t mode : {0640U, 0604U, 0620U, 0602U}) {
    ASSERT_EQ(::chmod(key.c_str(), mode), 0);
    const auto opened = ArtifactCache::open(folder_.path() / "cache");
    ASSERT_FALSE(opened.has_value()) << mode;
    EXPECT_EQ(opened.error().code, Code::Denied);
    EXPECT_NE(opened.error().message.find("the signing key must be yours alone"), std::string::npos);
  }
}

TEST_F(ArtifactCacheTest, DoesNotOpenWithADamagedKey) {
  {
    const ArtifactCache made = cache();
  }
  const fs::path key = folder_.path() / "cache" / "key";
  for (const std::uintmax_t size : {0U, 31U, 33U}) {
    fs::resize_file(key, size);
    const auto opened = ArtifactCache::open(folder_.path() / "cache");
    ASSERT_FALSE(opened.has_value()) << size;
    EXPECT_NE(opened.error().message.find("is damaged: remove it"), std::string::npos) << opened.error().message;
  }
}

TEST_F(ArtifactCacheTest, SaysWhenAFileIsInTheWayOfTheFolder) {
  const auto opened = ArtifactCache::open(folder_.write("file", "") / "cache");
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, Code::Invalid);
  EXPECT_NE(opened.error().message.find((folder_.path() / "file").string()), std::string::npos)
      << opened.error().message;
}

/// Forked writers each open the cache (a race for the key) and store artifacts of their own; a reader among them must
/// never see a mix.
TEST_F(ArtifactCacheTest, SurvivesProcessesThatStoreAtOnce) {
  constexpr int kWriters = 4;
  constexpr int kRounds = 8;
  std::vector<pid_t> children;
  for (int writer = 0; writer < kWriters; ++writer) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const auto opened = ArtifactCache::open(folder_.path() / "cache");
      bool good = opened.has_value();
      for (int round = 0; good && round < kRounds; ++round) {
        good = opened->store(kEngine, kComponent, std::string(100'000, static_cast<char>('a' + writer))).has_value();
        const auto seen = opened->lookup(kEngine, kComponent);
        good = good && seen.has_value() && seen->has_value();
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
  EXPECT_EQ(found(cache()).size(), 100'000U);
  const fs::path place = entry(".cwasm").parent_path();
  EXPECT_EQ(std::distance(fs::directory_iterator(place), fs::directory_iterator()), 3)
      << "artifact, signature and lock, no leftovers";
}

}  // namespace
}  // namespace peko::code
