#include "doctor/machine.hpp"

#include <gtest/gtest.h>

#include "code/test_folder.hpp"

namespace peko::doctor {
namespace {

TEST(Machine, HasLimitsThatFitItsInstances) {
  node::Config config;
  config.instances_max = 100;
  config.threads = 1;
  const Findings good = check_limits(config, {});
  ASSERT_EQ(good.size(), 1U);
  EXPECT_EQ(good[0].state, State::Ok);
  const Findings low = check_limits(config, {.open_files = 100, .maps = 100});
  ASSERT_EQ(low.size(), 2U);
  for (const Finding& finding : low) {
    EXPECT_EQ(finding.state, State::Warn);
    EXPECT_NE(finding.fix, "");
  }
}

TEST(Machine, IsWarnedOfWithLittleMemory) {
  EXPECT_EQ(check_memory(std::uint64_t{4} << 30).state, State::Ok);
  EXPECT_EQ(check_memory(std::uint64_t{256} << 20).state, State::Warn);
}

TEST(Machine, HasWatchesForALargeProject) {
  const code::TestFolder folder;
  folder.write("proc/sys/fs/inotify/max_user_watches", "65536\n");
  folder.write("proc/sys/fs/inotify/max_user_instances", "16\n");
  const Findings findings = check_watches(folder.path());
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].state, State::Ok);
  EXPECT_EQ(findings[1].state, State::Warn);
  EXPECT_NE(findings[1].fix.find("sysctl -w fs.inotify.max_user_instances="), std::string::npos) << findings[1].fix;
  for (const Finding& finding : check_watches(folder.path() / "elsewhere")) EXPECT_EQ(finding.state, State::Warn);
  folder.write("proc/sys/fs/inotify/max_user_watches", "many");
  EXPECT_EQ(check_watches(folder.path())[0].state, State::Warn);
}

TEST(Machine, HasAClockThatSomebodyKeepsRight) {
  using std::chrono::sys_days;
  using std::chrono::year;
  const auto today = sys_days(year{2026} / 6 / 1);
  EXPECT_EQ(check_clock(today, true).state, State::Ok);
  EXPECT_EQ(check_clock(today, false).state, State::Warn);
  EXPECT_EQ(check_clock(sys_days(year{1970} / 1 / 1), true).state, State::Fail);
}

}  // namespace
}  // namespace peko::doctor
