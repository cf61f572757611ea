#include "doctor/data_folder.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/unique_fd.hpp"
#include "code/test_folder.hpp"

namespace peko::doctor {
namespace {

using testing::HasSubstr;

UniqueFd memory_file() { return UniqueFd(::memfd_create("database", MFD_CLOEXEC | MFD_ALLOW_SEALING)); }

TEST(DataFolder, IsLeftAsItWas) {
  const code::TestFolder folder;
  EXPECT_NE(check_data_folder(folder.path(), "--data-dir FOLDER").state, State::Fail);
  EXPECT_NE(check_data_folder(folder.path() / "a/b", "--data-dir FOLDER").state, State::Fail);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(DataFolder, OfAFileSystemThatKeepsNoFilesFails) {
  const Finding finding = check_data_folder("/proc/self", "--data-dir FOLDER");
  EXPECT_EQ(finding.state, State::Fail);
  EXPECT_THAT(finding.fix, HasSubstr("--data-dir FOLDER"));
}

TEST(DataFolder, OfANetworkOrInMemoryIsWarnedOf) {
  EXPECT_THAT(std::string(unfit_for_databases(NFS_SUPER_MAGIC)), HasSubstr("network"));
  EXPECT_THAT(std::string(unfit_for_databases(0xff534d42)), HasSubstr("network")) << "CIFS";
  EXPECT_THAT(std::string(unfit_for_databases(TMPFS_MAGIC)), HasSubstr("memory"));
  EXPECT_EQ(unfit_for_databases(EXT4_SUPER_MAGIC), "");
}

TEST(AsDatabase, SaysWhatTheFileSystemLacks) {
  EXPECT_TRUE(try_as_database(memory_file().get()));
  const UniqueFd sealed = memory_file();
  ASSERT_EQ(::fcntl(sealed.get(), F_ADD_SEALS, F_SEAL_WRITE), 0);
  const Status unmapped = try_as_database(sealed.get());
  ASSERT_FALSE(unmapped);
  EXPECT_THAT(unmapped.error().message, HasSubstr("does not share memory"));
  const UniqueFd reading(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  EXPECT_FALSE(try_as_database(reading.get()));
}

}  // namespace
}  // namespace peko::doctor
