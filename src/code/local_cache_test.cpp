#include "code/local_cache.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <iterator>

#include "base/file.hpp"
#include "base/random.hpp"
#include "code/test_folder.hpp"

namespace peko::code {
namespace {

namespace fs = std::filesystem;
using namespace std::string_literals;
using namespace std::string_view_literals;

constexpr std::string_view kEngine = "wasmtime-48.0.0-abi1-0123abcd";
constexpr std::string_view kWasm = "a component";
constexpr std::string_view kStore = "s3://bucket/prefix";
constexpr std::uint64_t kPlenty = std::uint64_t{1} << 30;
const Digest kComponent = sha256(kWasm);

class LocalCacheTest : public testing::Test {
 protected:
  LocalCache cache(std::uint64_t bytes_max = kPlenty) const {
    auto opened = open_in(root(), bytes_max);
    EXPECT_TRUE(opened.has_value()) << opened.error().message;
    return std::move(*opened);
  }

  static Result<LocalCache> open_in(const fs::path& root, std::uint64_t bytes_max = kPlenty) {
    Result<NodeKey> key = NodeKey::open(root / "key");
    return key ? LocalCache::open(root, bytes_max, std::move(*key)) : fail(key.error());
  }

  fs::path root() const { return folder_.path() / "cache"; }
  fs::path component_file() const { return root() / "components" / (hex(kComponent) + ".wasm"); }
  fs::path artifact_file() const { return root() / "artifacts" / kEngine / (hex(kComponent) + ".cwasm"); }
  fs::path remembered_file(std::string_view key, std::string_view store = kStore) const {
    return root() / "remembered" / hex(sha256(store)) / hex(sha256(key));
  }

  static mode_t mode_of(const fs::path& path) {
    struct stat about{};
    EXPECT_EQ(::stat(path.c_str(), &about), 0) << path;
    return about.st_mode & 07777;
  }

  template <typename Value>
  static std::string refusal(const Result<std::optional<Value>>& found) {
    EXPECT_EQ(found.error().code, Code::Denied) << found.error().message;
    return "refused: " + found.error().message;
  }

  /// The artifact's bytes, or "refused: why", or "nothing". So the other two.
  static std::string artifact(const LocalCache& cache, std::string_view engine = kEngine,
                              const Digest& component = kComponent) {
    const auto found = cache.artifact(engine, component);
    if (!found) return refusal(found);
    if (!*found) return "nothing";
    std::ifstream file((*found)->path(), std::ios::binary);
    std::string bytes(std::istreambuf_iterator<char>(file), {});
    return bytes.substr(0, bytes.size() - 32);
  }

  static std::string component(const LocalCache& cache, const Digest& hash = kComponent) {
    const auto found = cache.component(hash);
    return !found ? refusal(found) : found->value_or("nothing");
  }

  static std::string recalled(const LocalCache& cache, std::string_view key, std::string_view store = kStore) {
    const auto found = cache.recall(store, key);
    return !found ? refusal(found) : *found ? (*found)->etag + ": " + (*found)->bytes : "nothing";
  }

  static void expect_refused(const std::string& answer, std::string_view why) {
    EXPECT_TRUE(answer.starts_with("refused: the ")) << answer;
    EXPECT_NE(answer.find(why), std::string::npos) << answer;
  }

  /// Keeps one of each.
  void fill(const LocalCache& cache) const {
    EXPECT_TRUE(cache.keep_component(kComponent, kWasm).has_value());
    EXPECT_TRUE(cache.keep_artifact(kEngine, kComponent, "machine code").has_value());
    EXPECT_TRUE(cache.remember(kStore, "a/key", "etag", "text").has_value());
  }

  TestFolder folder_;
};

TEST_F(LocalCacheTest, ReturnsWhatWasKept) {
  const LocalCache cache = this->cache();
  EXPECT_EQ(component(cache), "nothing");
  EXPECT_EQ(artifact(cache), "nothing");
  EXPECT_EQ(recalled(cache, "a/key"), "nothing");
  fill(cache);
  const std::string large(1'000'000, 'a');
  ASSERT_TRUE(cache.keep_artifact("large", kComponent, large).has_value());
  ASSERT_TRUE(cache.keep_component(sha256(large), large).has_value());
  ASSERT_TRUE(cache.remember(kStore, "large", "", large).has_value());
  const LocalCache again = this->cache();
  for (const LocalCache* const one_of : {&cache, &again}) {
    const LocalCache& one = *one_of;
    EXPECT_EQ(component(one), kWasm);
    EXPECT_EQ(artifact(one), "machine code");
    EXPECT_EQ(recalled(one, "a/key"), "etag: text");
    EXPECT_EQ(artifact(one, "large"), large);
    EXPECT_EQ(component(one, sha256(large)), large);
    EXPECT_EQ(recalled(one, "large"), ": " + large);
  }
}

TEST_F(LocalCacheTest, KnowsAnArtifactByEngineAndComponent) {
  const LocalCache cache = this->cache();
  fill(cache);
  EXPECT_EQ(artifact(cache, "another-engine"), "nothing");
  EXPECT_EQ(artifact(cache, kEngine, sha256("another")), "nothing");
}

TEST_F(LocalCacheTest, KnowsARememberedTextByStoreAndKey) {
  const LocalCache cache = this->cache();
  fill(cache);
  EXPECT_EQ(recalled(cache, "a/key", "s3://other"), "nothing");
  EXPECT_EQ(recalled(cache, "another/key"), "nothing");
  ASSERT_TRUE(cache.remember(kStore, "a/key", "newer", "").has_value());
  EXPECT_EQ(recalled(cache, "a/key"), "newer: ");
  ASSERT_TRUE(cache.remember(kStore, "../../odd key\n", "e:t", "1:2\0"sv).has_value());
  EXPECT_EQ(recalled(cache, "../../odd key\n"), "e:t: 1:2\0"s);
}

TEST_F(LocalCacheTest, WritesNothingWhenItRemembersThatAlready) {
  const LocalCache cache = this->cache();
  fill(cache);
  struct stat before{};
  struct stat after{};
  ASSERT_EQ(::stat(remembered_file("a/key").c_str(), &before), 0);
  ASSERT_TRUE(cache.remember(kStore, "a/key", "etag", "text").has_value());
  ASSERT_EQ(::stat(remembered_file("a/key").c_str(), &after), 0);
  EXPECT_EQ(before.st_ino, after.st_ino);
  ASSERT_TRUE(cache.remember(kStore, "a/key", "other etag", "text").has_value());
  EXPECT_EQ(recalled(cache, "a/key"), "other etag: text");
}

TEST_F(LocalCacheTest, KeepsAssetsAndRefusesDamagedOnes) {
  const auto cache = this->cache();
  const Digest hash = sha256("bytes");
  EXPECT_FALSE(cache.asset(hash, 100).value());
  EXPECT_FALSE(cache.asset_file(hash, 5).value());
  ASSERT_TRUE(cache.keep_asset(hash, "bytes"));
  EXPECT_EQ(cache.asset(hash, 100).value().value(), "bytes");
  EXPECT_FALSE(cache.asset(hash, 4));
  const auto file = cache.asset_file(hash, 5);
  ASSERT_TRUE(file && *file);
  std::string bytes(10, '\0');
  EXPECT_EQ(::pread((*file)->get(), bytes.data(), bytes.size(), 0), 5);
  EXPECT_FALSE(cache.asset_file(hash, 6));
  EXPECT_FALSE(cache.keep_asset(hash, "others"));
  std::ofstream(root() / "assets" / hex(hash)) << "Bytes";
  EXPECT_EQ(cache.asset(hash, 100).error().code, Code::Denied);
  EXPECT_EQ(cache.asset_file(hash, 5).error().code, Code::Denied);
}

TEST_F(LocalCacheTest, KeepsAComponentOnlyUnderItsHash) {
  const LocalCache cache = this->cache();
  const Status kept = cache.keep_component(sha256("another"), kWasm);
  ASSERT_FALSE(kept.has_value());
  EXPECT_EQ(kept.error().code, Code::Invalid);
  EXPECT_EQ(component(cache, sha256("another")), "nothing");
}

TEST_F(LocalCacheTest, TakesEngineIdsThatAreFileNamesOnly) {
  const LocalCache cache = this->cache();
  for (const std::string& odd : {std::string(), std::string("."), std::string(".."), std::string("a/b"),
                                 std::string("../a"), std::string("a\nb"), std::string("a\0b", 3),
                                 std::string("\xc3\xa9"), std::string(201, 'a'), std::string("a b")}) {
    EXPECT_EQ(cache.keep_artifact(odd, kComponent, "x").error().code, Code::Invalid) << odd;
    EXPECT_EQ(cache.artifact(odd, kComponent).error().code, Code::Invalid) << odd;
  }
  for (const std::string& id : {std::string("a"), std::string("48.0.0+x_y-Z"), std::string(200, 'a')}) {
    ASSERT_TRUE(cache.keep_artifact(id, kComponent, "of " + id).has_value());
    EXPECT_EQ(artifact(cache, id), "of " + id);
  }
}

TEST_F(LocalCacheTest, KeepsEverythingFromOtherUsers) {
  const mode_t before = ::umask(0);
  fill(cache());
  ::umask(before);
  int files = 0;
  for (const fs::directory_entry& place : fs::recursive_directory_iterator(root())) {
    EXPECT_EQ(mode_of(place.path()), place.is_directory() ? 0700U : 0600U) << place.path();
    files += place.is_directory() ? 0 : 1;
  }
  EXPECT_EQ(files, 5) << "three entries, the key and a lock";
  EXPECT_EQ(mode_of(root()), 0700U);
}

TEST_F(LocalCacheTest, RefusesAForgedByteAndIsRepairedByKeeping) {
  const LocalCache cache = this->cache();
  fill(cache);
  for (const fs::path& file : {component_file(), artifact_file(), remembered_file("a/key")}) {
    std::fstream(file, std::ios::in | std::ios::out | std::ios::binary).put('M');
  }
  expect_refused(component(cache), "its bytes are not those that its name says");
  expect_refused(artifact(cache), "its signature is wrong");
  expect_refused(recalled(cache, "a/key"), "a/key of s3://bucket/prefix");
  fill(cache);
  EXPECT_EQ(component(cache), kWasm);
  EXPECT_EQ(artifact(cache), "machine code");
  EXPECT_EQ(recalled(cache, "a/key"), "etag: text");
}

TEST_F(LocalCacheTest, RefusesABitFlippedAnywhere) {
  const LocalCache cache = this->cache();
  const std::string long_one(600'000, 'a');  // more than two pieces of reading
  ASSERT_TRUE(cache.keep_artifact(kEngine, kComponent, long_one).has_value());
  ASSERT_TRUE(cache.remember(kStore, "a/key", "etag", "text").has_value());
  const auto flip = [](const fs::path& path, std::size_t at, int bit) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(at));
    const int byte = file.get();
    file.seekp(static_cast<std::streamoff>(at));
    file.put(static_cast<char>(byte ^ (1 << bit)));
  };
  for (const std::size_t at : {0UL, 200'000UL, 599'999UL, 600'000UL, 600'031UL}) {
    for (const int bit : {0, 3, 7}) {
      flip(artifact_file(), at, bit);
      expect_refused(artifact(cache), "its signature is wrong");
      flip(artifact_file(), at, bit);
    }
  }
  EXPECT_EQ(artifact(cache), long_one) << "every flip was undone";
  const fs::path text = remembered_file("a/key");
  for (std::size_t at = 0; at < fs::file_size(text); ++at) {
    for (const int bit : {0, 3, 7}) {
      flip(text, at, bit);
      expect_refused(recalled(cache, "a/key"), "its signature is wrong");
      flip(text, at, bit);
    }
  }
  EXPECT_EQ(recalled(cache, "a/key"), "etag: text");
}

TEST_F(LocalCacheTest, RefusesWhatIsCutOrGrown) {
  const LocalCache cache = this->cache();
  fill(cache);
  for (const fs::path& file : {component_file(), artifact_file(), remembered_file("a/key")}) {
    const auto size = static_cast<std::int64_t>(fs::file_size(file));
    for (const std::int64_t other : {std::int64_t{0}, std::int64_t{1}, size - 1, size + 1, size + 100'000}) {
      fill(cache);
      fs::resize_file(file, static_cast<std::uintmax_t>(other));
      const std::string found = file == component_file()  ? component(cache)
                                : file == artifact_file() ? artifact(cache)
                                                          : recalled(cache, "a/key");
      expect_refused(found, "is refused");
    }
  }
}

TEST_F(LocalCacheTest, RefusesARememberedTextInThePlaceOfAnother) {
  const LocalCache cache = this->cache();
  ASSERT_TRUE(cache.remember(kStore, "one", "etag", "text").has_value());
  ASSERT_TRUE(cache.remember(kStore, "other", "etag", "text").has_value());
  fs::rename(remembered_file("one"), remembered_file("other"));
  expect_refused(recalled(cache, "other"), "its signature is wrong");
}

TEST_F(LocalCacheTest, RefusesFilesThatOthersCanChange) {
  const LocalCache cache = this->cache();
  for (const mode_t mode : {0620U, 0602U, 0666U}) {
    fill(cache);
    for (const fs::path& file : {component_file(), artifact_file(), remembered_file("a/key")}) {
      ASSERT_EQ(::chmod(file.c_str(), mode), 0);
    }
    expect_refused(component(cache), "is open to other users");
    expect_refused(artifact(cache), "is open to other users");
    expect_refused(recalled(cache, "a/key"), "is open to other users");
  }
  fill(cache);
  EXPECT_EQ(artifact(cache), "machine code") << "keeping repairs it";
}

TEST_F(LocalCacheTest, RefusesFilesOfAnotherUser) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "only root can give files away";
  }
  const LocalCache cache = this->cache();
  fill(cache);
  ASSERT_EQ(::chown(artifact_file().c_str(), 12345, 12345), 0);
  expect_refused(artifact(cache), "belongs to another user");
}

TEST_F(LocalCacheTest, RefusesLinksAndPipes) {
  const LocalCache cache = this->cache();
  fill(cache);
  fs::rename(artifact_file(), root() / "moved");
  fs::create_symlink(root() / "moved", artifact_file());
  expect_refused(artifact(cache), "is a symbolic link");
  fs::remove(artifact_file());
  ASSERT_EQ(::mkfifo(artifact_file().c_str(), 0600), 0);
  expect_refused(artifact(cache), "is not a regular file");
}

TEST_F(LocalCacheTest, RefusesWhatAnotherKeySigned) {
  fill(cache());
  fs::remove(root() / "key");
  expect_refused(artifact(cache()), "by another node key");
  expect_refused(recalled(cache(), "a/key"), "by another node key");
  EXPECT_EQ(component(cache()), kWasm) << "a hash needs no key";
}

TEST_F(LocalCacheTest, HandsOutTheVerifiedFileItself) {
  const LocalCache cache = this->cache();
  ASSERT_TRUE(cache.keep_artifact(kEngine, kComponent, "verified").has_value());
  const auto artifact = cache.artifact(kEngine, kComponent);
  ASSERT_TRUE(artifact.has_value() && artifact->has_value());
  fs::remove(artifact_file());
  folder_.write(fs::relative(artifact_file(), folder_.path()), "evil");
  EXPECT_EQ(read_file((*artifact)->path(), 100).value().substr(0, 8), "verified");
}

/// The bound of a file's size stands for a full disk: both fail the write.
TEST_F(LocalCacheTest, LeavesNothingWhenTheDiskIsFull) {
  const LocalCache cache = this->cache();
  fill(cache);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{.rlim_cur = 1000, .rlim_max = 1000};
    ::setrlimit(RLIMIT_FSIZE, &small);
    const Status kept = cache.keep_artifact(kEngine, sha256("another"), std::string(5000, 'x'));
    ::_exit(!kept && kept.error().message.find("writing ") == 0 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(artifact(cache, kEngine, sha256("another")), "nothing");
  EXPECT_EQ(artifact(cache), "machine code");
  EXPECT_TRUE(fs::is_empty(root() / "tmp"));
}

/// Writers of several processes replace the same entries, each with bytes of its own; readers among them never see a
/// mix.
TEST_F(LocalCacheTest, SurvivesProcessesThatKeepAtOnce) {
  constexpr int kWriters = 4;
  constexpr int kRounds = 8;
  std::vector<pid_t> children;
  for (int writer = 0; writer < kWriters; ++writer) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const auto opened = open_in(root());
      const std::string own(100'000, static_cast<char>('a' + writer));
      bool good = opened.has_value();
      for (int round = 0; good && round < kRounds; ++round) {
        good = opened->keep_artifact(kEngine, kComponent, own).has_value() &&
               opened->remember(kStore, "a/key", own.substr(0, 10), own).has_value();
        const auto artifact = opened->artifact(kEngine, kComponent);
        const auto text = opened->recall(kStore, "a/key");
        good = good && artifact && *artifact && text && *text && (*text)->bytes.starts_with((*text)->etag);
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
  EXPECT_EQ(artifact(cache()).size(), 100'000U);
  EXPECT_TRUE(fs::is_empty(root() / "tmp"));
}

/// A writer is killed at a random moment, again and again: what it leaves is whole, and the next one tidies up.
TEST_F(LocalCacheTest, SurvivesWritersThatAreKilled) {
  Random random(7);
  int killed_while_writing = 0;
  for (int round = 0; round < 40; ++round) {
    int done[2];  // the child's end tells of each entry that is kept
    ASSERT_EQ(::pipe(done), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const auto opened = open_in(root(), 3 << 20);  // small enough that entries are removed meanwhile
      for (int i = 0; opened; ++i) {
        const std::string bytes = std::to_string(i % 16) + std::string(300'000, 'x');
        (void)opened->keep_component(sha256(bytes), bytes);
        write_all(done[1], "c");
        (void)opened->keep_artifact(kEngine, sha256(std::to_string(i % 16)), bytes);
        write_all(done[1], "a");
        (void)opened->remember(kStore, std::to_string(i % 16), std::to_string(i), bytes);
        write_all(done[1], "r");
      }
      ::_exit(1);
    }
    ::close(done[1]);
    char one = 0;
    for (std::uint64_t more = random() % 50; more > 0 && ::read(done[0], &one, 1) == 1; --more) {
    }
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    ::close(done[0]);
    const bool left = fs::exists(root() / "tmp") && !fs::is_empty(root() / "tmp");
    killed_while_writing += left ? 1 : 0;
    const LocalCache cache = this->cache();
    EXPECT_TRUE(fs::is_empty(root() / "tmp"));
    for (int i = 0; i < 16; ++i) {
      const std::string bytes = std::to_string(i) + std::string(300'000, 'x');
      const std::string kept = component(cache, sha256(bytes));
      EXPECT_TRUE(kept == "nothing" || kept == bytes) << kept.substr(0, 200);
      const std::string code = artifact(cache, kEngine, sha256(std::to_string(i)));
      EXPECT_TRUE(code == "nothing" || code == bytes) << code.substr(0, 200);
      const std::string text = recalled(cache, std::to_string(i));
      EXPECT_TRUE(text == "nothing" || text.ends_with(": " + bytes)) << text.substr(0, 200);
    }
  }
  EXPECT_GT(killed_while_writing, 0) << "or this shows nothing";
}

}  // namespace
}  // namespace peko::code
