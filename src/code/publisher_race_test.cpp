// Two who deploy one function in a loop: no change is lost, on either kind of store.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <map>
#include <set>
#include <thread>

#include "code/file_store.hpp"
#include "code/test_folder.hpp"
#include "code/test_release.hpp"

namespace peko::code {
namespace {

constexpr std::size_t kEach = 100;

/// By revision.
using Changes = std::map<std::uint64_t, VersionNumber>;

/// Deploys until `kEach` have succeeded; makes `done` of those, adds those that came too late to `conflicts`.
void deploy_in_a_loop(Store& store, const std::string& author, Changes& done, std::atomic<std::size_t>& conflicts) {
  const SystemClock clock;
  Publisher publisher(store, clock);
  while (done.size() < kEach) {
    const std::string code = author + std::to_string(done.size());
    const auto published =
        publisher.deploy(TestStore::release("hello", code, {"a.example.com/*"}), {.author = author, .message = ""});
    if (published) {
      done.emplace(published->deployment.history.at(0).revision, published->version);
    } else {
      ASSERT_EQ(published.error().code, Code::Conflict) << published.error().message;
      ++conflicts;
    }
  }
}

void expect_nothing_lost(Store& first, Store& second) {
  std::atomic<std::size_t> conflicts = 0;
  Changes changes;
  Changes others;
  {
    const std::jthread ann([&] { deploy_in_a_loop(first, "ann", changes, conflicts); });
    const std::jthread bob([&] { deploy_in_a_loop(second, "bob", others, conflicts); });
  }
  EXPECT_GT(conflicts.load(), 0U) << "they never met";
  changes.merge(others);
  // Each change has a revision and a number of its own, and none is missing.
  ASSERT_EQ(changes.size(), 2 * kEach);
  EXPECT_EQ(changes.begin()->first, 1U);
  EXPECT_EQ(changes.rbegin()->first, 2 * kEach);
  std::set<VersionNumber> numbers;
  for (const auto& [revision, number] : changes) {
    EXPECT_TRUE(numbers.insert(number).second) << number;
  }
  const SystemClock clock;
  Publisher publisher(first, clock);
  const auto last = publisher.current("hello");
  ASSERT_TRUE(last.has_value());
  EXPECT_EQ(last->revision, 2 * kEach);
  ASSERT_EQ(last->history.size(), kHistoryMax);
  for (const HistoryEntry& entry : last->history) {
    EXPECT_EQ(entry.versions.at(0).version, changes.at(entry.revision));
  }
  const auto versions = publisher.versions("hello");
  ASSERT_TRUE(versions.has_value());
  EXPECT_TRUE(versions->problems.empty());
  for (const VersionRecord& record : versions->records) {
    EXPECT_TRUE(first.stat(component_key(record.component)).has_value());
    numbers.erase(record.number);
  }
  EXPECT_TRUE(numbers.empty()) << "the version that a change made is gone";
  EXPECT_TRUE(first.stat(route_key("a.example.com/*", "hello")).has_value());
}

TEST(PublisherRace, LosesNothingInMemory) {
  MemoryStore store;
  store.before_each([](const MemoryStore::Call&) {
    std::this_thread::yield();
    return Status();
  });
  expect_nothing_lost(store, store);
}

TEST(PublisherRace, LosesNothingInAFolder) {
  const TestFolder folder;
  const SystemClock clock;
  FileStore first(folder.path(), clock);
  FileStore second(folder.path(), clock);
  expect_nothing_lost(first, second);
}

}  // namespace
}  // namespace peko::code
