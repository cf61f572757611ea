#include "doctor/folders.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "code/test_folder.hpp"

namespace peko::doctor {
namespace {

TEST(Folder, ThatCanBeWrittenOrMadeIsOk) {
  const code::TestFolder folder;
  EXPECT_NE(check_folder("cache", folder.path(), "--cache-dir FOLDER", State::Fail).state, State::Fail);
  EXPECT_NE(check_folder("cache", folder.path() / "a/b/c", "--cache-dir FOLDER", State::Fail).state, State::Fail);
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "a")) << "a check makes nothing";
}

TEST(Folder, ThatIsAFileIsNone) {
  const code::TestFolder folder;
  folder.write("file", "");
  const Finding finding = check_folder("cache", folder.path() / "file/below", "--cache-dir FOLDER", State::Fail);
  EXPECT_EQ(finding.state, State::Fail);
  EXPECT_NE(finding.fix.find("--cache-dir FOLDER"), std::string::npos);
}

TEST(Folder, ThatMayNotBeWrittenSaysHowToGetIt) {
  if (::geteuid() == 0) {  // who may write everywhere, but here
    EXPECT_EQ(check_folder("cache", "/proc/1/fdinfo", "--cache-dir FOLDER", State::Warn).state, State::Warn);
    return;
  }
  const Finding finding = check_folder("cache", "/usr/bin", "--cache-dir FOLDER", State::Warn);
  EXPECT_EQ(finding.state, State::Warn);
  EXPECT_NE(finding.fix.find("chown"), std::string::npos);
  const Finding missing = check_folder("cache", "/usr/bin/a b/c", "--cache-dir FOLDER", State::Warn);
  EXPECT_NE(missing.fix.find("install -d"), std::string::npos) << "what is above it stays whose it is";
  EXPECT_NE(missing.fix.find("'/usr/bin/a b/c'"), std::string::npos);
}

}  // namespace
}  // namespace peko::doctor
