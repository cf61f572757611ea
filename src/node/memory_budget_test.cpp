#include "node/memory_budget.hpp"

#include <gtest/gtest.h>

#include "code/test_folder.hpp"

namespace peko::node {
namespace {

constexpr std::uint64_t kMachine = 8ULL << 30;

TEST(AvailableMemory, IsTheMachinesWithoutControlGroups) {
  const code::TestFolder root;
  EXPECT_EQ(available_memory(root.path(), kMachine), kMachine);
  root.write("proc/self/cgroup", "12:memory:/old\n");
  EXPECT_EQ(available_memory(root.path(), kMachine), kMachine);
}

TEST(AvailableMemory, IsTheTightestOfAllGroupsAround) {
  const code::TestFolder root;
  root.write("proc/self/cgroup", "0::/system.slice/peko.service\n");
  root.write("sys/fs/cgroup/system.slice/peko.service/memory.max", "max\n");
  EXPECT_EQ(available_memory(root.path(), kMachine), kMachine);
  root.write("sys/fs/cgroup/system.slice/memory.max", "2147483648\n");
  EXPECT_EQ(available_memory(root.path(), kMachine), 2ULL << 30);
  root.write("sys/fs/cgroup/system.slice/peko.service/memory.max", "1073741824\n");
  EXPECT_EQ(available_memory(root.path(), kMachine), 1ULL << 30);
}

TEST(AvailableMemory, IsThatOfTheContainerWhoseGroupIsTheRoot) {
  const code::TestFolder root;
  root.write("proc/self/cgroup", "0::/\n");
  root.write("sys/fs/cgroup/memory.max", "536870912\n");
  EXPECT_EQ(available_memory(root.path(), kMachine), 512ULL << 20);
  root.write("sys/fs/cgroup/memory.max", "99999999999999999999999\n");
  EXPECT_EQ(available_memory(root.path(), kMachine), kMachine) << "not a number that fits";
}

TEST(AvailableMemory, IsSomethingHere) { EXPECT_GT(available_memory(), 1ULL << 20); }

}  // namespace
}  // namespace peko::node
