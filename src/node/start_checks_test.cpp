#include "node/start_checks.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <charconv>

namespace peko::node {
namespace {

Config config_of(std::uint32_t instances) {
  Config config;
  config.instances_max = instances;
  config.threads = 4;
  return config;
}

TEST(Needs, GrowWithInstancesAndThreads) {
  const Needs none = needs_of(0, 1);
  const Needs some = needs_of(1000, 1);
  EXPECT_GE(some.open_files, none.open_files + 2000);
  EXPECT_GE(some.maps, none.maps + 6000) << "two at the start and four alive";
  EXPECT_GE(some.address_space, none.address_space + (std::uint64_t{12'000} << 30));
  EXPECT_GT(needs_of(1000, 64).open_files, some.open_files);
}

TEST(Needs, OfTheDefaultsFitAUsualSystem) {
  const SystemLimits usual{.open_files = 20'000, .maps = 65'530};
  EXPECT_TRUE(advise(config_of(Config().instances_max), usual).empty());
}

TEST(StartAdvice, IsOneLineForEachLimitThatIsTooLow) {
  const Config config = config_of(1000);
  const Needs needs = needs_of(1000, 4);
  const SystemLimits enough{.open_files = needs.open_files, .maps = needs.maps, .address_space = needs.address_space};
  EXPECT_TRUE(advise(config, enough).empty());
  EXPECT_TRUE(advise(config, {}).empty());

  struct Row {
    SystemLimits system;
    std::string_view command;
  };
  SystemLimits files = enough;
  SystemLimits maps = enough;
  SystemLimits space = enough;
  SystemLimits commit = enough;
  files.open_files--;
  maps.maps--;
  space.address_space--;
  commit.strict_overcommit = true;
  for (const Row& row :
       {Row{files, "ulimit -Hn 2128, or LimitNOFILE=2128"}, Row{maps, "sysctl -w vm.max_map_count=11000"},
        Row{space, "ulimit -v unlimited"}, Row{commit, "sysctl -w vm.overcommit_memory=0"}}) {
    const std::vector<Advice> advice = advise(config, row.system);
    ASSERT_EQ(advice.size(), 1U) << row.command;
    EXPECT_NE(advice[0].todo.find(row.command), std::string::npos) << advice[0].todo;
    EXPECT_EQ((advice[0].what + advice[0].todo).find('\n'), std::string::npos);
  }
}

TEST(StartAdvice, NamesTheNumberOfInstancesThatFits) {
  const SystemLimits low{.open_files = 1024, .maps = 5000, .address_space = std::uint64_t{64} << 30};
  const std::vector<Advice> lines = advise(config_of(4096), low);
  ASSERT_EQ(lines.size(), 3U);
  for (const auto& [what, line] : lines) {
    const auto at = line.find("--instances ");
    ASSERT_NE(at, std::string::npos) << line;
    const std::string_view digits = std::string_view(line).substr(at + 12);
    std::uint32_t fitting = 0;
    ASSERT_EQ(std::from_chars(digits.data(), digits.data() + digits.size(), fitting).ec, std::errc()) << line;
    const auto lines_for = [&](std::uint32_t instances) { return advise(config_of(instances), low); };
    const std::string subject = what.substr(0, what.find(" limited"));
    const auto complains = [&](std::uint32_t instances) {
      return std::ranges::any_of(lines_for(instances),
                                 [&](const Advice& other) { return other.what.starts_with(subject); });
    };
    EXPECT_FALSE(complains(fitting)) << line;
    EXPECT_TRUE(complains(fitting + 1)) << line;
  }
  EXPECT_EQ(advise(config_of(4096), {.open_files = 10})[0].todo.find("--instances"), std::string::npos)
      << "none would fit";
}

TEST(Start, RaisesTheLimitOfOpenFiles) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit low{.rlim_cur = 100, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  (void)prepare_process(config_of(10));
  rlimit after{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &after), 0);
  EXPECT_EQ(after.rlim_cur, before.rlim_max);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
}

TEST(StartChecks, LoadAsManyFunctionsAsFilesAndMappingsPermit) {
  Config config;
  config.threads = 2;
  config.instances_max = 4000;
  EXPECT_EQ(loaded_functions_fitting(config, {}), kLoadedFunctionsMax);
  const Needs quarter = needs_of(1000, 2);
  EXPECT_EQ(loaded_functions_fitting(config, {.open_files = quarter.open_files + 300}), 300U);
  EXPECT_EQ(loaded_functions_fitting(config, {.maps = quarter.maps + 5 * 200}), 200U);
  EXPECT_EQ(loaded_functions_fitting(config, {.open_files = 10}), 64U) << "the advice says what to raise";
}

}  // namespace
}  // namespace peko::node
