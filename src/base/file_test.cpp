#include "base/file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

namespace peko {
namespace {

namespace fs = std::filesystem;

class FileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "/peko_file_XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  [[nodiscard]] static mode_t mode_of(const fs::path& path) {
    struct stat status{};
    EXPECT_EQ(::stat(path.c_str(), &status), 0);
    return status.st_mode & 07777U;
  }

  fs::path folder_;
};

TEST_F(FileTest, ReadsBackWhatWasWritten) {
  std::string bytes(200'000, 'x');
  bytes[5] = '\0';
  ASSERT_TRUE(write_file_atomically(folder_ / "a", bytes, 0640));
  EXPECT_EQ(read_file(folder_ / "a", bytes.size()).value(), bytes);
  EXPECT_EQ(mode_of(folder_ / "a"), 0640U);
}

TEST_F(FileTest, ReplacesAFileAndLeavesNothingBeside) {
  ASSERT_TRUE(write_file_atomically(folder_ / "a", "old", 0600));
  ASSERT_TRUE(write_file_atomically(folder_ / "a", "new", 0600));
  EXPECT_EQ(read_file(folder_ / "a", 10).value(), "new");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1);
}

TEST_F(FileTest, LeavesNothingWhenTheWriteFails) {
  fs::create_directory(folder_ / "taken");
  const Status status = write_file_atomically(folder_ / "taken", "x", 0600);
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().message.find("taken"), std::string::npos);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1);
}

TEST_F(FileTest, RefusesMoreThanTheLimit) {
  ASSERT_TRUE(write_file_atomically(folder_ / "a", "12345", 0600));
  EXPECT_EQ(read_file(folder_ / "a", 5).value(), "12345");
  const auto result = read_file(folder_ / "a", 4);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::Invalid);
  EXPECT_NE(result.error().message.find("larger than 4 B"), std::string::npos) << result.error().message;
}

TEST_F(FileTest, ReadsFilesThatDoNotKnowTheirSize) {
  EXPECT_FALSE(read_file("/proc/self/status", 1 << 20).value().empty());
  EXPECT_EQ(read_file("/proc/self/status", 10).error().code, Code::Invalid);
}

TEST_F(FileTest, NamesThePathAndTheReason) {
  const auto missing = read_file(folder_ / "nope", 10);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Code::NotFound);
  EXPECT_EQ(missing.error().message, "opening " + (folder_ / "nope").string() + ": No such file or directory");
  EXPECT_EQ(read_file(folder_, 10).error().code, Code::Invalid) << "a folder";
  ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(read_file(folder_ / "pipe", 10).error().code, Code::Invalid) << "a pipe would block";
}

TEST_F(FileTest, CreatesPrivateFoldersAndKeepsExistingOnes) {
  ASSERT_EQ(::chmod(folder_.c_str(), 0755), 0);
  ASSERT_TRUE(create_private_directories(folder_ / "a" / "b" / ""));
  ASSERT_TRUE(create_private_directories(folder_ / "a" / "b"));
  EXPECT_EQ(mode_of(folder_ / "a" / "b"), 0700U);
  EXPECT_EQ(mode_of(folder_), 0755U);
}

TEST_F(FileTest, DoesNotCreateAFolderOverAFile) {
  ASSERT_TRUE(write_file_atomically(folder_ / "a", "x", 0600));
  EXPECT_EQ(create_private_directories(folder_ / "a").error().code, Code::Conflict);
  EXPECT_FALSE(create_private_directories(folder_ / "a" / "b"));
}

}  // namespace
}  // namespace peko
