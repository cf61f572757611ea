#include "code/rollout.hpp"

#include <gtest/gtest.h>

#include <string>

namespace peko::code {
namespace {

using Weights = std::vector<WeightedVersion>;

std::string text(const Weights& versions) {
  std::string result;
  for (const WeightedVersion& one : versions) {
    result += (result.empty() ? "" : " ") + version_name(one.version) + ":" + std::to_string(one.weight);
  }
  return result;
}

TEST(Rollout, GivesACanaryItsWeightAndLeavesTheRestAsItWas) {
  const struct {
    Weights serving;
    std::uint32_t weight;
    std::string_view expected;
  } rows[] = {
      {{}, 100, "v9:100"},
      {{}, 20, "v9:100"},
      {{{1, 100}}, 100, "v9:100"},
      {{{1, 90}, {2, 10}}, 100, "v9:100"},
      {{{1, 100}}, 10, "v1:90 v9:10"},
      {{{1, 100}}, 99, "v9:99 v1:1"},
      {{{1, 100}}, 50, "v1:50 v9:50"},
      {{{1, 90}, {2, 10}}, 10, "v1:81 v9:10 v2:9"},
      {{{1, 90}, {2, 10}}, 1, "v1:89 v2:10 v9:1"},
      {{{1, 99}, {2, 1}}, 50, "v9:50 v1:49 v2:1"},
      {{{1, 98}, {2, 1}, {3, 1}}, 98, "v9:98 v1:1 v2:1 v3:1"},
      {{{1, 1}, {2, 1}, {3, 1}}, 10, "v1:30 v2:30 v3:30 v9:10"},
      {{{1, 1}}, 10, "v1:90 v9:10"},
  };
  for (const auto& row : rows) {
    const auto result = with_version(row.serving, 9, row.weight);
    ASSERT_TRUE(result.has_value()) << row.expected;
    EXPECT_EQ(text(*result), row.expected);
  }
}

TEST(Rollout, RefusesWhatIsNoWeightAndAFifthVersion) {
  EXPECT_EQ(with_version({}, 9, 0).error().code, Code::Invalid);
  EXPECT_EQ(with_version({}, 9, 101).error().code, Code::Invalid);
  const Weights four = {{1, 40}, {2, 30}, {3, 20}, {4, 10}};
  const auto fifth = with_version(four, 9, 10);
  ASSERT_FALSE(fifth.has_value());
  EXPECT_EQ(
      fifth.error().message,
      "4 versions serve already, which is the most: deploy without a weight, or let one version serve alone first "
      "(peko rollback NAME v1)");
  EXPECT_TRUE(with_version(four, 9, 100).has_value());
}

Deployment after(const std::vector<Weights>& newest_first) {
  Deployment deployment;
  deployment.versions = newest_first.front();
  for (const Weights& versions : newest_first) {
    deployment.history.push_back({.versions = versions});
  }
  return deployment;
}

TEST(Rollout, GoesBackToTheLastOtherVersionThatServedAlone) {
  const struct {
    std::vector<Weights> states;
    std::optional<VersionNumber> expected;
  } rows[] = {
      {{{{1, 100}}}, std::nullopt},
      {{{{2, 100}}, {{1, 100}}}, 1},
      {{{{2, 100}}, {{2, 100}}, {{1, 100}}}, 1},                              // a secret was set
      {{{{1, 90}, {2, 10}}, {{1, 100}}}, 1},                                  // a canary is undone
      {{{{2, 100}}, {{2, 60}, {1, 40}}, {{1, 90}, {2, 10}}, {{1, 100}}}, 1},  // a canary that took over
      {{{{1, 100}}, {{2, 100}}, {{1, 100}}}, 2},                              // a rollback is undone
      {{{}, {{3, 100}}}, 3},                                                  // a removal is undone
      {{{}}, std::nullopt},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(version_before(after(row.states)), row.expected);
  }
}

}  // namespace
}  // namespace peko::code
