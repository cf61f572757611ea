#include "code/limit_table.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "code/folder.hpp"
#include "code/manifest.hpp"
#include "code/test_folder.hpp"

namespace peko::code {
namespace {

TEST(LimitTable, SetsWhatItGetsAndHoldsTheDefaults) {
  const Function defaults;
  for (const LimitRow& row : limit_table()) {
    EXPECT_EQ(&row, &row_of(row.limit));
    EXPECT_GE(row.get(defaults), row.low) << row.key;
    EXPECT_LE(row.get(defaults), row.high) << row.key;
    for (const std::uint64_t value : {row.low, row.high}) {
      Function function;
      row.set(function, value);
      EXPECT_EQ(row.get(function), value) << row.key;
      for (const LimitRow& other : limit_table()) {
        EXPECT_TRUE(&other == &row || other.get(function) == other.get(defaults)) << row.key << " sets " << other.key;
      }
    }
  }
}

TEST(LimitsMax, WithoutAnyPermitWhatTheTablePermits) {
  const LimitsMax maxima;
  for (const LimitRow& row : limit_table()) {
    EXPECT_TRUE(maxima.permits(row.limit, row.low)) << row.key;
    EXPECT_TRUE(maxima.permits(row.limit, row.high)) << row.key;
  }
}

TEST(LimitsMax, HaveNoneAsTheLongestTime) {
  LimitsMax maxima;
  EXPECT_TRUE(maxima.permits(Limit::Wall, 0));
  maxima.set(Limit::Wall, 5000);
  EXPECT_TRUE(maxima.permits(Limit::Wall, 5000));
  EXPECT_FALSE(maxima.permits(Limit::Wall, 5001));
  EXPECT_FALSE(maxima.permits(Limit::Wall, 0));
  EXPECT_NE(above_maximum(row_of(Limit::Wall), 0, maxima).find("is 0 (none), but this node allows at most 5000"),
            std::string::npos);
}

TEST(LimitsMax, ClipDefaultsAndNothingElse) {
  LimitsMax maxima;
  for (const LimitRow& row : limit_table()) {
    maxima.set(row.limit, row.low == 0 && row.limit == Limit::Wall ? 1 : row.low);
  }
  const Function clipped = function_within(maxima);
  for (const LimitRow& row : limit_table()) {
    EXPECT_EQ(row.get(clipped), maxima.of(row.limit)) << row.key;
  }
  const Function defaults;
  const Function untouched = function_within(LimitsMax());
  for (const LimitRow& row : limit_table()) {
    EXPECT_EQ(row.get(untouched), row.get(defaults)) << row.key;
  }
}

/// Each limit at its maximum is accepted and one above is refused with its place, in a project and in a store alike.
TEST(LimitsMax, HoldForEveryLimitOfEveryKindOfManifest) {
  for (const LimitRow& row : limit_table()) {
    const std::uint64_t most = row.high / 2;
    LimitsMax maxima;
    maxima.set(row.limit, most);
    for (const std::uint64_t value : {most, most + 1}) {
      const TestFolder folder;
      const std::string limits = fmt::format("[{}]\n{} = {}\n", row.table, row.manifest_key(), value);
      const auto manifest = folder.write("project/peko.toml", "name = \"a\"\ncomponent = \"a.wasm\"\n" + limits);
      const std::filesystem::path project = folder.path() / "project";
      const auto in_project = discover_projects(std::span(&project, 1), maxima);
      ASSERT_TRUE(in_project);
      Function in_store = function_within(maxima);
      const Status stored = read_store_settings(limits, "a.toml", maxima, in_store);
      if (value == most) {
        ASSERT_EQ(in_project->functions.size(), 1U) << row.key;
        EXPECT_EQ(row.get(in_project->functions[0]), most);
        ASSERT_TRUE(stored) << row.key;
        EXPECT_EQ(row.get(in_store), most);
        continue;
      }
      const std::string column = std::to_string(row.manifest_key().size() + 4);
      const std::string what = ": \"" + std::string(row.manifest_key()) + "\" is " + std::to_string(value) +
                               ", but this node allows at most " + std::to_string(most) + " (limits_max." +
                               std::string(row.key) + " in peko-node.toml)";
      ASSERT_FALSE(stored) << row.key;
      EXPECT_TRUE(stored.error().message.starts_with("a.toml:2:" + column + what)) << stored.error().message;
      ASSERT_EQ(in_project->problems.size(), 1U) << row.key;
      EXPECT_TRUE(in_project->problems[0].message.starts_with(manifest.string() + ":4:" + column + what))
          << in_project->problems[0].message;
    }
  }
}

TEST(LimitsMax, ClipABareComponent) {
  const TestFolder folder;
  LimitsMax maxima;
  maxima.set(Limit::Memory, 16);
  const std::filesystem::path file = folder.write("a.wasm", "");
  const auto found = discover_projects(std::span(&file, 1), maxima);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->functions.at(0).limits.memory_bytes, 16U << 20);
}

}  // namespace
}  // namespace peko::code
