// What a connection does at once, and what it says of it.
#include "keyvalue/database.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <set>

#include "keyvalue/check.hpp"

namespace peko::keyvalue {
namespace {

constexpr std::int64_t kEarly = 50;  // now
constexpr std::int64_t kExpires = 100;
constexpr std::int64_t kLate = 200;

class DatabaseTest : public ::testing::Test {
 protected:
  DatabaseTest() {
    std::string name = (std::filesystem::temp_directory_path() / "peko-database-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    open();
  }
  ~DatabaseTest() override {
    database_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  void SetUp() override { ASSERT_TRUE(database_); }
  void open() {
    std::string trouble;
    auto opened = Database::open(folder_ / "a.sqlite", Database::Create::Yes, trouble);
    EXPECT_TRUE(opened) << trouble;
    if (opened) database_ = std::move(*opened);
  }

  Result<Answer> write(const Request& request, std::int64_t now) {
    const Request* const one = &request;
    return std::move(database_->write(std::span(&one, 1), now).front());
  }
  Request setting(std::string key, std::string value, std::int64_t expires = 0) const {
    Request request{.op = Op::Set, .owner = owner_};
    request.items.push_back({.key = std::move(key), .value = std::move(value), .metadata = {}, .expires = expires});
    return request;
  }
  /// Empty entries from 0 on that expire.
  void fill(int count) {
    for (int i = 0; i < count;) {
      Request request{.op = Op::Set, .owner = owner_};
      for (std::size_t n = 0; n < kItemsMax && i < count; ++n, ++i) {
        request.items.push_back({.key = std::to_string(i), .value = "", .metadata = {}, .expires = kExpires});
      }
      ASSERT_TRUE(write(request, kEarly));
    }
  }
  /// The keys of all pages as of `now`; how many pages there were.
  std::size_t list(Op op, std::int64_t now, std::vector<std::string>& keys) {
    Request request{.op = op, .owner = owner_, .limit = kListMax};
    for (std::size_t pages = 1;; ++pages) {
      const Result<Answer> page = database_->read(request, now);
      EXPECT_TRUE(page);
      if (!page) return pages;
      for (const Item& item : page->items) keys.push_back(item.key);
      if (!page->cursor && page->number == 0) return pages;
      request.cursor = page->cursor.value_or("");
      request.number = page->number;
    }
  }

  const Owner owner_{.function = "todo", .quota_bytes = 16ULL << 20};
  std::filesystem::path folder_;
  std::unique_ptr<Database> database_;
};

TEST_F(DatabaseTest, ListsPastManyEntriesThatHaveExpiredPageByPage) {
  fill(10'000);
  ASSERT_TRUE(write(setting("last", ""), kEarly));
  for (const Op op : {Op::List, Op::ListByRow}) {
    std::vector<std::string> keys;
    EXPECT_EQ(list(op, kLate, keys), 3U) << "a page looks at no more than 4000";
    EXPECT_EQ(keys, std::vector<std::string>{"last"});
    keys.clear();
    list(op, kEarly, keys);
    EXPECT_EQ(std::set<std::string>(keys.begin(), keys.end()).size(), 10'001U);
    EXPECT_EQ(keys.size(), 10'001U) << "each of them once";
  }
}

TEST_F(DatabaseTest, MakesRoomForOneWriteStepByStep) {
  constexpr int kCount = 40'000;
  fill(kCount);
  const Result<Answer> refused = write(setting("large", std::string(20U << 20, 'x')), kLate);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::Overloaded);
  std::vector<std::string> left;
  list(Op::List, kEarly, left);
  EXPECT_EQ(left.size(), kCount - 16U * 2048U);
}

TEST_F(DatabaseTest, TellsTheFirstTroubleOfABatchThoughOthersWereWritten) {
  const Request bad = setting("bad", std::string(26U << 20, 'x'));
  const Request good = setting("good", "1");
  const std::vector<const Request*> batch{&bad, &good};
  const std::vector<Result<Answer>> answers = database_->write(batch, kEarly);
  EXPECT_FALSE(answers.at(0));
  EXPECT_TRUE(answers.at(1));
  EXPECT_NE(database_->take_trouble(), "");
  ASSERT_TRUE(write(good, kEarly));
  EXPECT_EQ(database_->take_trouble(), "");
}

/// Bytes that this process has read by system calls.
std::uint64_t bytes_read() {
  std::ifstream io("/proc/self/io");
  std::string name;
  std::uint64_t bytes = 0;
  io >> name >> bytes;
  EXPECT_EQ(name, "rchar:");
  return bytes;
}

// A large value lies in a chain of pages, which all have to be read to reach what is behind it.
TEST_F(DatabaseTest, ListsWithoutReadingValues) {
  constexpr std::size_t kValueBytes = 1U << 20;
  const std::string value(kValueBytes, 'x');
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(write(setting(std::to_string(i), value, kExpires), kEarly));
  for (const Op op : {Op::List, Op::ListByRow}) {
    open();  // with an empty cache
    const std::uint64_t before = bytes_read();
    std::vector<std::string> keys;
    list(op, kEarly, keys);
    EXPECT_EQ(keys.size(), 8U);
    EXPECT_LT(bytes_read() - before, kValueBytes);
  }
}

}  // namespace
}  // namespace peko::keyvalue
