#include "code/store.hpp"

#include <gtest/gtest.h>

#include "code/memory_store.hpp"

namespace peko::code {
namespace {

TEST(StoreKey, IsSegmentsOfSafeBytes) {
  for (const std::string& key : {std::string("a"), std::string("functions/hello.wasm"),
                                 std::string("routes/api.example.com%2Fv1%2F%2A/todo-api"), std::string("A_b+c=d@e~f"),
                                 std::string(255, 'x'), std::string("a..b"), std::string("-/-")}) {
    EXPECT_TRUE(check_key(key)) << key;
  }
}

TEST(StoreKey, IsRefusedWhenItCouldLeaveTheStoreOrMeetItsOwnFiles) {
  const std::string long_key = std::string(200, 'a') + "/" + std::string(200, 'b') + "/" + std::string(200, 'c') + "/" +
                               std::string(200, 'd') + "/" + std::string(97, 'e');
  ASSERT_EQ(long_key.size(), kKeyBytesMax + 1);
  for (const std::string& key : {std::string(),
                                 std::string("/"),
                                 std::string("/a"),
                                 std::string("a/"),
                                 std::string("a//b"),
                                 std::string("."),
                                 std::string(".."),
                                 std::string("a/../b"),
                                 std::string("a/./b"),
                                 std::string(".peko/store"),
                                 std::string("a/.b"),
                                 std::string("a b"),
                                 std::string("a\\b"),
                                 std::string("a\0b", 3),
                                 std::string("a\nb"),
                                 std::string("ä"),
                                 std::string("a*"),
                                 std::string("a?b"),
                                 std::string("a:b"),
                                 std::string(256, 'x'),
                                 long_key}) {
    const Status checked = check_key(key);
    ASSERT_FALSE(checked) << key;
    EXPECT_EQ(checked.error().code, Code::Invalid);
  }
}

TEST(StoreKey, IsShownShortAndHarmlessWhenItIsRefused) {
  const std::string message = check_key("\x1b[31m" + std::string(5'000, 'x')).error().message;
  EXPECT_EQ(message.find('\x1b'), std::string::npos);
  EXPECT_LT(message.size(), 250U);
}

TEST(StorePrefix, MayEndAnywhereInAKey) {
  for (const std::string_view prefix : {"", "f", "functions", "functions/", "functions/he", "a/b/"}) {
    EXPECT_TRUE(check_prefix(prefix)) << prefix;
  }
  for (const std::string_view prefix : {"/", "//", "a//", "../", "a/.", "a b"}) {
    EXPECT_FALSE(check_prefix(prefix)) << prefix;
  }
}

TEST(GetObject, TakesAsManyBytesAsAllowedAndNoMore) {
  MemoryStore store;
  store.set("a", std::string(100'000, 'x'));
  const auto whole = get_object(store, "a", 100'000);
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->bytes, std::string(100'000, 'x'));
  EXPECT_EQ(whole->info.size, 100'000U);

  const auto refused = get_object(store, "a", 99'999);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::Invalid);
  EXPECT_NE(refused.error().message.find("reading a of memory:"), std::string::npos) << refused.error().message;
}

TEST(GetObject, TellsTheStoresOwnErrors) {
  MemoryStore store;
  EXPECT_EQ(get_object(store, "a", 10).error().code, Code::NotFound);
  store.fail_calls(1, Code::Denied);
  EXPECT_EQ(get_object(store, "a", 10).error().code, Code::Denied);
}

TEST(GetIfChanged, LeavesOutWhatIsKnown) {
  MemoryStore store;
  const auto first = put_object(store, "a", "1");
  ASSERT_TRUE(first);
  const auto same = get_if_changed(store, "a", first->etag, 10);
  ASSERT_TRUE(same);
  EXPECT_FALSE(*same);
  store.set("a", "2");
  const auto other = get_if_changed(store, "a", first->etag, 10);
  ASSERT_TRUE(other);
  ASSERT_TRUE(*other);
  EXPECT_EQ((*other)->bytes, "2");
  EXPECT_NE((*other)->info.etag, first->etag);
}

TEST(TextSource, IsReadFromAnyPlace) {
  TextSource source("hello");
  EXPECT_EQ(source.size(), 5U);
  EXPECT_EQ(source.read(0, 2).value(), "he");
  EXPECT_EQ(source.read(3, 100).value(), "lo");
  EXPECT_EQ(source.read(5, 1).value(), "");
}

}  // namespace
}  // namespace peko::code
