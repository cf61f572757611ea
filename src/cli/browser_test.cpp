#include "cli/browser.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "code/test_folder.hpp"

namespace peko::cli {
namespace {

class Browser : public testing::Test {
 protected:
  void install(const std::string& name) {
    const auto program =
        folder_.write(name, "#!/bin/sh\necho \"$1 $PEKO_ADMIN_TOKEN$PEKO_ALERT_WEBHOOK$PEKO_OTHER\" > " +
                                (folder_.path() / "asked").string() + "\n");
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  }
  [[nodiscard]] Environment with(const std::string& name) const {
    return {{"PATH", folder_.path().string()}, {name, "1"}};
  }

  code::TestFolder folder_;
};

TEST_F(Browser, IsTheOneOfTheDesktop) {
  install("xdg-open");
  EXPECT_EQ(browser_program(with("DISPLAY")), (folder_.path() / "xdg-open").string());
  EXPECT_EQ(browser_program(with("WAYLAND_DISPLAY")), (folder_.path() / "xdg-open").string());
  EXPECT_EQ(browser_program(with("NOTHING")), "") << "it would take over this terminal";
  EXPECT_EQ(browser_program(with("WSL_DISTRO_NAME")), "");
  install("wslview");
  EXPECT_EQ(browser_program(with("WSL_DISTRO_NAME")), (folder_.path() / "wslview").string());
}

TEST_F(Browser, GetsTheAddressAsItIs) {
  install("xdg-open");
  const std::string url = "http://a.localhost:3000/?a=$(touch x)&b=\"'";
  ASSERT_EQ(::setenv("PEKO_ADMIN_TOKEN", "secret", 1), 0);
  ASSERT_EQ(::setenv("PEKO_ALERT_WEBHOOK", "http://secret/", 1), 0);
  ASSERT_EQ(::setenv("PEKO_OTHER", "kept", 1), 0);
  ASSERT_TRUE(open_in_browser(url, with("DISPLAY")));
  for (const char* name : {"PEKO_ADMIN_TOKEN", "PEKO_ALERT_WEBHOOK", "PEKO_OTHER"}) ::unsetenv(name);
  std::string asked;
  while (asked.empty()) {
    std::ifstream file(folder_.path() / "asked");
    std::getline(file, asked);
    std::this_thread::yield();
  }
  EXPECT_EQ(asked, url + " kept") << "and none of the operator's secrets";
}

TEST_F(Browser, MayBeMissing) { EXPECT_FALSE(open_in_browser("http://a/", with("DISPLAY"))); }

}  // namespace
}  // namespace peko::cli
