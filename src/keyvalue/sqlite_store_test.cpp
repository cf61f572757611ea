#include "keyvalue/sqlite_store.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <latch>
#include <set>
#include <thread>

#include "keyvalue/check.hpp"
#include "keyvalue/store_fixture.hpp"

namespace peko::keyvalue {
namespace {

using SqliteStoreTest = StoreFixture;

Request listing(std::string prefix, std::uint32_t limit, std::string cursor = "") {
  return {.op = Op::List, .prefix = std::move(prefix), .cursor = std::move(cursor), .limit = limit};
}

std::vector<std::string> keys(const Answer& answer) {
  std::vector<std::string> keys;
  for (const Item& item : answer.items) keys.push_back(item.key);
  return keys;
}

Request about(Op op, std::string key) {
  Request request{.op = op};
  request.items.push_back({.key = std::move(key)});
  return request;
}

TEST_F(SqliteStoreTest, KeepsEntriesWhenItIsClosedAndOpenedAgain) {
  const std::string bytes("\0\xff binary \0", 11);
  ASSERT_TRUE(set("a", bytes));
  ASSERT_TRUE(set("empty", ""));
  reopen();
  EXPECT_EQ(get("a").value, bytes);
  EXPECT_EQ(get("empty").value, "");
  EXPECT_NE(get("empty").version, 0);
  EXPECT_EQ(get("b").version, 0);
}

TEST_F(SqliteStoreTest, MakesNoFileForReadersAlone) {
  EXPECT_EQ(get("a").version, 0);
  const Result<Answer> listed = ask(listing("", 10));
  ASSERT_TRUE(listed);
  EXPECT_TRUE(listed->items.empty());
  EXPECT_FALSE(std::filesystem::exists(folder_ / "data"));
}

TEST_F(SqliteStoreTest, CountsWhatIsAskedOfEachStore) {
  ASSERT_TRUE(set("a", "1"));
  ASSERT_TRUE(set("b", std::string(100'000, 'x')));
  (void)get("a");
  ASSERT_TRUE(ask(listing("", 10)));
  EXPECT_FALSE(ask(about(Op::Increment, "b"))) << "it is no number";
  Request elsewhere = about(Op::Get, "a");
  elsewhere.store = "more";
  ASSERT_TRUE(ask(elsewhere));
  const std::vector<const Usage*> all = store_->usage().all();
  ASSERT_EQ(all.size(), 2U);
  const auto operations = [&](std::size_t store, std::string_view name) {
    return all[store]->operations(
        static_cast<std::size_t>(std::ranges::find(kOperationNames, name) - kOperationNames.begin()));
  };
  EXPECT_EQ(all[0]->function() + "/" + all[0]->store(), "todo/default");
  EXPECT_EQ(operations(0, "set"), 2U);
  EXPECT_EQ(operations(0, "get"), 1U);
  EXPECT_EQ(operations(0, "list"), 1U);
  EXPECT_EQ(operations(0, "increment"), 1U);
  EXPECT_EQ(operations(0, "delete"), 0U);
  EXPECT_EQ(all[0]->errors(static_cast<std::size_t>(Code::Invalid)), 1U);
  EXPECT_EQ(all[0]->quota_bytes(), quota_bytes_);
  EXPECT_GT(all[0]->bytes(), 100'000U);
  EXPECT_LT(all[0]->bytes(), 200'000U);
  EXPECT_EQ(all[1]->store(), "more");
  EXPECT_EQ(all[1]->bytes(), 0U) << "it has no file";
}

TEST_F(SqliteStoreTest, KnowsWhatAStoreHoldsOnceItIsRead) {
  ASSERT_TRUE(set("a", std::string(100'000, 'x')));
  reopen();
  (void)get("b");
  EXPECT_GT(store_->usage().all().at(0)->bytes(), 100'000U);
}

TEST_F(SqliteStoreTest, MakesFilesThatNobodyElseMayRead) {
  ASSERT_TRUE(set("a", "1"));
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_ / "data")) {
    struct stat about{};
    ASSERT_EQ(::stat(entry.path().c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 077U, 0U) << entry.path();
  }
}

TEST_F(SqliteStoreTest, OverwritesAndDeletes) {
  ASSERT_TRUE(set("a", "1"));
  ASSERT_TRUE(set("a", "2"));
  EXPECT_EQ(get("a").value, "2");
  ASSERT_TRUE(ask(about(Op::Delete, "a")));
  EXPECT_EQ(get("a").version, 0);
  EXPECT_TRUE(ask(about(Op::Delete, "a"))) << "what is not there is deleted already";
}

TEST_F(SqliteStoreTest, KeepsFunctionsAndStoresApart) {
  ASSERT_TRUE(set("a", "mine"));
  for (const auto& [function, store] : {std::pair("other", "default"), std::pair("todo", "sessions")}) {
    Request request = about(Op::Get, "a");
    request.owner.function = function;
    request.store = store;
    const Result<Answer> answer = ask(std::move(request));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->items.at(0).version, 0);
  }
}

TEST_F(SqliteStoreTest, ListsByPrefixInOrderAndInPages) {
  for (const char* key : {"b", "a:2", "a:1", "a", "a:3", "\xc3\xa9"}) ASSERT_TRUE(set(key, "x"));
  const Result<Answer> first = ask(listing("a:", 2));
  ASSERT_TRUE(first && first->cursor);
  EXPECT_EQ(keys(*first), (std::vector<std::string>{"a:1", "a:2"}));
  const Result<Answer> second = ask(listing("a:", 2, *first->cursor));
  ASSERT_TRUE(second);
  EXPECT_EQ(keys(*second), (std::vector<std::string>{"a:3"}));
  EXPECT_FALSE(second->cursor);
  const Result<Answer> all = ask(listing("", 1000));
  ASSERT_TRUE(all);
  EXPECT_EQ(keys(*all), (std::vector<std::string>{"a", "a:1", "a:2", "a:3", "b", "\xc3\xa9"}));
}

TEST_F(SqliteStoreTest, RefusesACursorThatNoListHasGiven) {
  ASSERT_TRUE(set("a", "x"));
  const Result<Answer> answer = ask(listing("", 10, "?"));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Code::Invalid);
}

TEST_F(SqliteStoreTest, ListsEachEntryOnceByRows) {
  std::set<std::string> expected;
  for (int i = 0; i < 25; ++i) {
    ASSERT_TRUE(set(std::to_string(i), "x"));
    expected.insert(std::to_string(i));
  }
  std::set<std::string> seen;
  std::int64_t after = 0;
  int pages = 0;
  do {
    const Result<Answer> page = ask({.op = Op::ListByRow, .limit = 10, .number = after});
    ASSERT_TRUE(page);
    for (const Item& item : page->items) EXPECT_TRUE(seen.insert(item.key).second);
    after = page->number;
    ++pages;
  } while (after != 0);
  EXPECT_EQ(seen, expected);
  EXPECT_EQ(pages, 3);
}

TEST_F(SqliteStoreTest, KeepsMetadataAndExpiryBesideAValue) {
  Request request = setting("a", "1", now() + 60);
  request.items.front().metadata = R"({"x":1})";
  ASSERT_TRUE(ask(std::move(request)));
  const Item item = get("a");
  EXPECT_EQ(item.metadata, R"({"x":1})");
  EXPECT_EQ(item.expires, now() + 60);
  const Result<Answer> listed = ask(listing("", 10));
  ASSERT_TRUE(listed);
  EXPECT_EQ(listed->items.at(0).metadata, R"({"x":1})");
  EXPECT_EQ(listed->items.at(0).expires, now() + 60);
}

TEST_F(SqliteStoreTest, HidesWhatHasExpiredFromEveryOperation) {
  ASSERT_TRUE(set("a", "5", now() + 60));
  clock_.advance(std::chrono::seconds(59));
  EXPECT_EQ(get("a").value, "5");
  clock_.advance(std::chrono::seconds(1));
  EXPECT_EQ(get("a").version, 0);
  EXPECT_EQ(ask(about(Op::Exists, "a"))->items.at(0).version, 0);
  EXPECT_TRUE(ask(listing("", 10))->items.empty());
  EXPECT_TRUE(ask({.op = Op::ListByRow, .limit = 10})->items.empty());
  Request request = about(Op::Increment, "a");
  request.number = 1;
  EXPECT_EQ(ask(std::move(request))->number, 1) << "it begins anew";
  EXPECT_EQ(get("a").expires, 0);
}

TEST_F(SqliteStoreTest, IncrementsDecimalNumbers) {
  Request request = about(Op::Increment, "n");
  request.number = 5;
  EXPECT_EQ(ask(request)->number, 5);
  request.number = -7;
  EXPECT_EQ(ask(request)->number, -2);
  EXPECT_EQ(get("n").value, "-2");
  ASSERT_TRUE(set("n", "9223372036854775807"));
  request.number = 1;
  const Result<Answer> over = ask(request);
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error().code, Code::Invalid);
  ASSERT_TRUE(set("n", "12 "));
  EXPECT_FALSE(ask(request));
  EXPECT_EQ(get("n").value, "12 ");
}

TEST_F(SqliteStoreTest, SwapsOnlyWhatHasNotChangedSince) {
  Request request = about(Op::Swap, "a");
  request.items.front().value = "1";
  EXPECT_EQ(ask(request)->number, 1) << "there was none, as expected";
  EXPECT_EQ(ask(request)->number, 0) << "now there is one";
  request.items.front().version = get("a").version;
  request.items.front().value = "2";
  ASSERT_TRUE(ask(about(Op::Delete, "a")));
  ASSERT_TRUE(set("a", "1"));
  EXPECT_EQ(ask(request)->number, 0) << "the same value, but deleted and made again";
  request.items.front().version = get("a").version;
  EXPECT_EQ(ask(request)->number, 1);
  EXPECT_EQ(get("a").value, "2");
}

TEST_F(SqliteStoreTest, GetsAndSetsSeveralAtOnce) {
  Request request{.op = Op::Set};
  for (int i = 0; i < 1000; ++i) request.items.push_back({.key = std::to_string(i), .value = "v" + std::to_string(i)});
  ASSERT_TRUE(ask(std::move(request)));
  Request wanted{.op = Op::Get};
  for (const char* key : {"7", "missing", "999"}) wanted.items.push_back({.key = key});
  const Result<Answer> answer = ask(std::move(wanted));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->items.at(0).value, "v7");
  EXPECT_EQ(answer->items.at(1).version, 0);
  EXPECT_EQ(answer->items.at(2).value, "v999");
}

TEST_F(SqliteStoreTest, BoundsWhatOneAnswerHolds) {
  const std::string large(10U << 20, 'x');
  for (const char* key : {"a", "b", "c"}) ASSERT_TRUE(set(key, large));
  Request wanted{.op = Op::Get};
  for (const char* key : {"a", "b", "c"}) wanted.items.push_back({.key = key});
  const Result<Answer> answer = ask(std::move(wanted));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Code::Invalid);
}

TEST_F(SqliteStoreTest, RefusesReadsWhileTooMuchIsHeld) {
  ASSERT_TRUE(set("large", std::string(25U << 20, 'x')));
  Request request = about(Op::Get, "large");
  std::vector<Answer> held;
  std::optional<Error> refused;
  for (int i = 0; i < 20 && !refused; ++i) {
    Result<Answer> answer = ask(request);
    if (answer) {
      held.push_back(std::move(*answer));
    } else {
      refused = answer.error();
    }
  }
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->code, Code::Overloaded);
  EXPECT_GE(held.size(), 10U);
  held.clear();
  EXPECT_TRUE(ask(request));
}

TEST_F(SqliteStoreTest, ServesManyThreadsWithoutLosingAWrite) {
  constexpr int kThreads = 8;
  constexpr int kEach = 20;
  std::latch begin(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      begin.arrive_and_wait();
      for (int i = 0; i < kEach; ++i) {
        EXPECT_TRUE(set(std::to_string(t) + "-" + std::to_string(i), "x"));
        Request request = about(Op::Increment, "n");
        request.number = 1;
        EXPECT_TRUE(ask(std::move(request)));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(get("n").value, std::to_string(kThreads * kEach));
  EXPECT_EQ(ask(listing("", 1000))->items.size(), static_cast<std::size_t>(kThreads * kEach + 1));
}

TEST_F(SqliteStoreTest, ClosesFilesThatAreUnusedForLongest) {
  reopen(4);
  for (int i = 0; i < 40; ++i) {
    Request request = setting("a", std::to_string(i));
    request.owner.function = "f" + std::to_string(i);
    ASSERT_TRUE(ask(std::move(request)));
  }
  std::size_t open = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    const std::string target = std::filesystem::read_symlink(entry.path(), gone).string();
    if (target.starts_with((folder_ / "data").string()) && target.ends_with(".sqlite")) ++open;
  }
  EXPECT_LE(open, 8U) << "each thread may be closing one";
  for (int i = 0; i < 40; ++i) {
    Request request = about(Op::Get, "a");
    request.owner.function = "f" + std::to_string(i);
    EXPECT_EQ(ask(std::move(request))->items.at(0).value, std::to_string(i));
  }
}

TEST_F(SqliteStoreTest, DoesNotDoWhatIsCancelledBeforeItBegins) {
  std::stop_source source;
  source.request_stop();
  Request request = setting("a", "1");
  request.cancelled = source.get_token();
  EXPECT_FALSE(ask(std::move(request)));
  EXPECT_EQ(get("a").version, 0);
}

TEST_F(SqliteStoreTest, AnswersWhatComesWhileItStops) {
  ASSERT_TRUE(store_->stop(std::chrono::seconds(20)));
  const Status refused = set("a", "1");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::Unavailable);
}

}  // namespace
}  // namespace peko::keyvalue
