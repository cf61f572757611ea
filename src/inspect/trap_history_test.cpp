#include "inspect/trap_history.hpp"

#include <gtest/gtest.h>

#include <string>

namespace peko::inspect {
namespace {

edge::TrapReport report(const std::string& function, const std::string& id, std::size_t bytes = 10) {
  return {.function = function, .request_id = id, .code = "PEKO-TRAP", .cause = std::string(bytes, 'x'), .frames = {}};
}

TEST(TrapHistory, FindsTheReportOfARequest) {
  TrapHistory history;
  history.add(report("api", "one"), {});
  history.add(report("api", "two"), {});
  EXPECT_EQ(history.find("two")->report.request_id, "two");
  EXPECT_FALSE(history.find("three"));
}

TEST(TrapHistory, ForgetsTheOldest) {
  TrapHistory history;
  for (std::size_t i = 0; i < TrapHistory::kReportsMax + 3; i++) history.add(report("api", std::to_string(i)), {});
  EXPECT_FALSE(history.find("2"));
  EXPECT_TRUE(history.find("3"));
  EXPECT_EQ(history.count(), TrapHistory::kReportsMax + 3);
  for (int i = 0; i < 8; i++) history.add(report("api", "large", TrapHistory::kBytesMax / 4), {});
  std::uint64_t from = 0;
  EXPECT_LE(history.after(from, "").size(), 4U);
}

TEST(TrapHistory, IsReadOnFromWhereSomebodyHasBeen) {
  TrapHistory history;
  history.add(report("api", "one"), {});
  std::uint64_t from = 0;
  EXPECT_EQ(history.after(from, "").size(), 1U);
  EXPECT_TRUE(history.after(from, "").empty());
  history.add(report("site", "two"), {});
  history.add(report("api", "three"), {});
  const std::vector<KeptTrap> traps = history.after(from, "api");
  ASSERT_EQ(traps.size(), 1U);
  EXPECT_EQ(traps.front().report.request_id, "three");
}

}  // namespace
}  // namespace peko::inspect
