#include "code/store_conformance.hpp"

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>

#include "base/assert.hpp"

namespace peko::code {

ObjectInfo StoreConformance::put(std::string_view key, std::string_view bytes, const PutIf& condition) const {
  auto info = put_object(store(), key, bytes, condition);
  EXPECT_TRUE(info) << key << ": " << info.error().message;
  return info.value_or(ObjectInfo{});
}

std::string StoreConformance::bytes_of(std::string_view key) const {
  auto object = get_object(store(), key, std::size_t{16} << 20);
  if (!object) {
    return "(" + std::string(to_string(object.error().code)) + ": " + object.error().message + ")";
  }
  return std::move(object->bytes);
}

std::vector<std::string> StoreConformance::keys(std::string_view prefix, std::size_t count) const {
  std::vector<std::string> keys;
  std::string after;
  do {
    const auto page = store().list(prefix, after, count);
    if (!page) {
      ADD_FAILURE() << page.error().message;
      return keys;
    }
    EXPECT_LE(page->objects.size(), count);
    for (const ObjectInfo& object : page->objects) {
      keys.push_back(object.key);
    }
    after = page->next;
  } while (!after.empty());
  return keys;
}

Result<std::string_view> PatternSource::read(std::uint64_t offset, std::size_t bytes_max) {
  PEKO_ASSERT(offset <= size_, "a source is read within its size");
  if (offset + bytes_max > failing_ && offset < size_) {
    return fail(Code::GuestFault, "the source was made to fail");
  }
  // Less than asked for now and then: a source need not fill what it is offered.
  piece_.resize(std::min<std::uint64_t>({bytes_max, size_ - offset, 300'000}));
  for (std::size_t i = 0; i < piece_.size(); ++i) {
    piece_[i] = byte_at(seed_, offset + i);
  }
  return piece_;
}

namespace {

using Keys = std::vector<std::string>;

Code code_of(const auto& result) { return result ? Code::Internal : result.error().code; }

std::string read_range(Store& store, std::string_view key, ByteRange range) {
  std::string bytes;
  const auto info = store.get(
      key,
      [&](std::string_view piece) -> Status {
        bytes += piece;
        return {};
      },
      range);
  return info && *info ? bytes : "(" + (info ? std::string("nothing") : info.error().message) + ")";
}

TEST_P(StoreConformance, HasNothingAtFirst) {
  EXPECT_EQ(keys(""), Keys());
  EXPECT_EQ(keys("functions/"), Keys());
  EXPECT_EQ(code_of(store().stat("a")), Code::NotFound);
  EXPECT_EQ(code_of(get_object(store(), "a/b/c", 10)), Code::NotFound);
  EXPECT_TRUE(store().remove("a/b"));
  EXPECT_FALSE(store().shown().empty());
}

TEST_P(StoreConformance, NamesTheKeyThatIsMissing) {
  EXPECT_NE(store().stat("functions/missing").error().message.find("functions/missing"), std::string::npos);
}

TEST_P(StoreConformance, GivesBackWhatWasPut) {
  const std::string bytes("a\0b\r\n\xff", 6);
  const auto before = std::chrono::system_clock::now();
  const ObjectInfo put_info = put("a/b", bytes);
  EXPECT_EQ(bytes_of("a/b"), bytes);
  const auto stat = store().stat("a/b");
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->key, "a/b");
  EXPECT_EQ(stat->size, 6U);
  // The store's clock may differ from ours.
  EXPECT_GT(stat->modified, before - std::chrono::hours(1));
  EXPECT_LT(stat->modified, before + std::chrono::hours(1));
  EXPECT_EQ(put_info.key, "a/b");
  EXPECT_EQ(put_info.size, 6U);
}

TEST_P(StoreConformance, SaysTheSameEtagEverywhere) {
  const std::string etag = put("a/b", "hello").etag;
  EXPECT_FALSE(etag.empty());
  EXPECT_EQ(store().stat("a/b")->etag, etag);
  EXPECT_EQ(get_object(store(), "a/b", 10)->info.etag, etag);
  EXPECT_EQ(store().list("a/", "", 10)->objects.at(0).etag, etag);
  EXPECT_EQ(another()->stat("a/b")->etag, etag);
}

TEST_P(StoreConformance, ChangesTheEtagWithTheBytesHoweverFast) {
  std::set<std::string> etags;
  for (int i = 100; i < 150; ++i) {
    etags.insert(put("a", std::to_string(i)).etag);  // all of one length
  }
  EXPECT_EQ(etags.size(), 50U);
  EXPECT_EQ(bytes_of("a"), "149");
}

TEST_P(StoreConformance, KeepsAnEmptyObject) {
  EXPECT_EQ(put("routes/x/y", "").size, 0U);
  EXPECT_EQ(bytes_of("routes/x/y"), "");
  EXPECT_EQ(store().stat("routes/x/y")->size, 0U);
  EXPECT_EQ(keys("routes/"), Keys({"routes/x/y"}));
  EXPECT_EQ(read_range(store(), "routes/x/y", {.first = 0, .size = 5}), "");
  EXPECT_EQ(read_range(store(), "routes/x/y", {.first = 3, .size = 5}), "");
}

TEST_P(StoreConformance, ReplacesAnObjectAsAWhole) {
  put("a", std::string(100'000, 'x'));
  put("a", "short");
  EXPECT_EQ(bytes_of("a"), "short");
  EXPECT_EQ(store().stat("a")->size, 5U);
  EXPECT_EQ(keys(""), Keys({"a"}));
}

TEST_P(StoreConformance, ShowsEachHandleWhatTheOthersDid) {
  const auto other = another();
  for (int i = 0; i < 20; ++i) {
    const std::string bytes = std::to_string(i);
    ASSERT_TRUE(put_object(*other, "a/b", bytes));
    ASSERT_EQ(bytes_of("a/b"), bytes);
  }
  ASSERT_TRUE(other->remove("a/b"));
  EXPECT_EQ(code_of(store().stat("a/b")), Code::NotFound);
}

TEST_P(StoreConformance, ReadsARange) {
  put("a", "0123456789");
  const ByteRange everything;
  const std::vector<std::pair<ByteRange, std::string>> table = {
      {everything, "0123456789"},
      {{.first = 0, .size = 1}, "0"},
      {{.first = 5, .size = 3}, "567"},
      {{.first = 9, .size = 1}, "9"},
      {{.first = 9, .size = 100}, "9"},
      {{.first = 3}, "3456789"},
      {{.first = 0, .size = 0}, ""},
      {{.first = 4, .size = 0}, ""},
      {{.first = 10, .size = 1}, ""},
      {{.first = 11}, ""},
      {{.first = UINT64_MAX, .size = UINT64_MAX}, ""},
      {{.first = UINT64_MAX - 1, .size = 5}, ""},
  };
  for (const auto& [range, expected] : table) {
    EXPECT_EQ(read_range(store(), "a", range), expected) << range.first << "+" << range.size;
  }
  EXPECT_EQ(code_of(store().get("missing", {}, {.first = 1, .size = 1})), Code::NotFound);
}

TEST_P(StoreConformance, TellsTheWholeSizeOfWhatIsReadInPart) {
  put("a", "0123456789");
  const auto info = store().get("a", [](std::string_view) -> Status { return {}; }, {.first = 2, .size = 3});
  ASSERT_TRUE(info && *info);
  EXPECT_EQ((*info)->size, 10U);
  EXPECT_EQ((*info)->etag, store().stat("a")->etag);
}

TEST_P(StoreConformance, LeavesOutAnObjectThatIsKnown) {
  const std::string etag = put("a", "1").etag;
  EXPECT_FALSE(get_if_changed(store(), "a", etag, 10)->has_value());
  EXPECT_EQ(get_if_changed(store(), "a", "another", 10).value()->bytes, "1");
  put("a", "2");
  EXPECT_EQ(get_if_changed(store(), "a", etag, 10).value()->bytes, "2");
  ASSERT_TRUE(store().remove("a"));
  EXPECT_EQ(code_of(get_if_changed(store(), "a", etag, 10)), Code::NotFound);
}

TEST_P(StoreConformance, PutsWhatIsToBeAbsentOnlyOnce) {
  put("a/b", "1", PutIf::absent());
  EXPECT_EQ(code_of(put_object(store(), "a/b", "2", PutIf::absent())), Code::Conflict);
  EXPECT_EQ(code_of(put_object(*another(), "a/b", "1", PutIf::absent())), Code::Conflict);
  EXPECT_EQ(bytes_of("a/b"), "1");
  ASSERT_TRUE(store().remove("a/b"));
  put("a/b", "3", PutIf::absent());
  EXPECT_EQ(bytes_of("a/b"), "3");
}

TEST_P(StoreConformance, PutsWhatIsToBeUnchangedOnlyOverWhatWasSeen) {
  const std::string first = put("a", "1").etag;
  const std::string second = put("a", "2", PutIf::unchanged(first)).etag;
  EXPECT_EQ(code_of(put_object(store(), "a", "3", PutIf::unchanged(first))), Code::Conflict);
  EXPECT_EQ(code_of(put_object(store(), "a", "3", PutIf::unchanged("nonsense"))), Code::Conflict);
  EXPECT_EQ(bytes_of("a"), "2");
  ASSERT_TRUE(store().remove("a"));
  EXPECT_EQ(code_of(put_object(store(), "a", "3", PutIf::unchanged(second))), Code::Conflict);
  EXPECT_EQ(code_of(store().stat("a")), Code::NotFound);
}

TEST_P(StoreConformance, RemovesAnObjectAndNothingElse) {
  put("a/b", "1");
  put("a/bc", "2");
  put("a/d/e", "3");
  ASSERT_TRUE(store().remove("a/b"));
  ASSERT_TRUE(store().remove("a/b"));
  ASSERT_TRUE(store().remove("a/d"));  // the folder of an object is none
  EXPECT_EQ(code_of(store().stat("a/b")), Code::NotFound);
  EXPECT_EQ(keys(""), Keys({"a/bc", "a/d/e"}));
  ASSERT_TRUE(store().remove("a/d/e"));
  put("a/d/f", "4");
  EXPECT_EQ(keys("a/d/"), Keys({"a/d/f"}));
}

TEST_P(StoreConformance, TakesTheFolderOfAnObjectForNone) {
  put("a/b", "1");
  EXPECT_EQ(code_of(store().stat("a")), Code::NotFound);
  EXPECT_EQ(code_of(get_object(store(), "a", 10)), Code::NotFound);
  EXPECT_EQ(code_of(store().stat("a/b/c")), Code::NotFound);
}

TEST_P(StoreConformance, EndsATransferWithTheErrorOfTheSink) {
  const std::uint64_t size = std::uint64_t{5} << 20;
  PatternSource source(size, 1);
  ASSERT_TRUE(store().put("a", source));
  std::uint64_t taken = 0;
  const auto result = store().get("a", [&](std::string_view piece) -> Status {
    taken += piece.size();
    return taken < 1'000'000 ? Status() : fail(Code::GuestFault, "enough of it");
  });
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::GuestFault);
  EXPECT_NE(result.error().message.find("enough of it"), std::string::npos) << result.error().message;
  EXPECT_LT(taken, size);
  EXPECT_EQ(read_range(store(), "a", {.first = 0, .size = 1}).size(), 1U);
}

TEST_P(StoreConformance, LeavesWhatWasThereWhenTheSourceFails) {
  put("a", "old");
  for (const std::string_view key : {"a", "b/c"}) {
    PatternSource source(3'000'000, 1);
    source.fail_at(1'000'000);
    const auto result = store().put(key, source);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Code::GuestFault) << result.error().message;
    EXPECT_NE(result.error().message.find("made to fail"), std::string::npos) << result.error().message;
  }
  EXPECT_EQ(bytes_of("a"), "old");
  EXPECT_EQ(keys(""), Keys({"a"}));
}

TEST_P(StoreConformance, TakesEveryKey) {
  const std::string longest =
      std::string(200, 'k') + "/" + std::string(255, 'l') + "/" + std::string(255, 'm') + "/" + std::string(187, 'n');
  ASSERT_EQ(longest.size(), kKeyBytesMax);
  Keys odd = {"-",
              "A+b=c@d~e",
              "Case",
              "case",
              "_",
              "a..b/c...",
              "deep/1/2/3/4/5/6/7/8/9/x",
              "plus+plus",
              "per%25cent%",
              "%2e%2e",
              "q=1",
              "r/api.example.com%2Fv1%2F%2A/todo",
              longest};
  std::ranges::sort(odd);
  for (const std::string& key : odd) {
    put(key, "of " + key);
  }
  EXPECT_EQ(keys(""), odd);
  EXPECT_EQ(keys("", 1), odd);
  for (const std::string& key : odd) {
    EXPECT_EQ(bytes_of(key), "of " + key);
    EXPECT_EQ(keys(key), Keys({key}));
  }
  for (const std::string& key : odd) {
    EXPECT_TRUE(store().remove(key)) << key;
  }
  EXPECT_EQ(keys(""), Keys());
}

TEST_P(StoreConformance, RefusesWhatIsNoKey) {
  for (const std::string_view key : {"", "/a", "a/", "a//b", "..", "../a", "a/../b", ".a", "a b", "a\n", "ä", "a*"}) {
    EXPECT_EQ(code_of(store().stat(key)), Code::Invalid) << key;
    EXPECT_EQ(code_of(get_object(store(), key, 10)), Code::Invalid) << key;
    EXPECT_EQ(code_of(put_object(store(), key, "x")), Code::Invalid) << key;
    EXPECT_EQ(code_of(store().remove(key)), Code::Invalid) << key;
  }
  EXPECT_EQ(code_of(store().list("a//", "", 10)), Code::Invalid);
  EXPECT_EQ(code_of(store().list("../", "", 10)), Code::Invalid);
  EXPECT_EQ(keys(""), Keys());
}

TEST_P(StoreConformance, ListsInTheOrderOfBytes) {
  // '-' < '.' < '/' < digits < capitals < letters: a folder's objects are not where its name would be.
  const Keys all = {"f/Hello.wasm", "f/hello-2/current.json", "f/hello.toml",
                    "f/hello.wasm", "f/hello/current.json",   "f/hello0"};
  for (const std::string& key : {all[3], all[0], all[5], all[2], all[4], all[1]}) {
    put(key, key);
  }
  put("e/x", "");
  put("g", "");
  EXPECT_EQ(keys("f/"), all);
  EXPECT_EQ(keys("f/hello"), Keys(all.begin() + 1, all.end()));
  EXPECT_EQ(keys("f/hello/"), Keys({"f/hello/current.json"}));
  EXPECT_EQ(keys("f/hello.w"), Keys({"f/hello.wasm"}));
  EXPECT_EQ(keys("f/z"), Keys());
  EXPECT_EQ(keys("nothing/there/"), Keys());
  EXPECT_EQ(keys("g"), Keys({"g"}));
  EXPECT_EQ(keys("").size(), all.size() + 2);
  for (std::size_t count = 1; count <= all.size() + 1; ++count) {
    EXPECT_EQ(keys("f/", count), all) << count;
    EXPECT_EQ(keys("f/hello", count).size(), all.size() - 1) << count;
  }
}

TEST_P(StoreConformance, SaysWhatIsBehindAPageOnlyWhenThereIsSomething) {
  for (const std::string_view key : {"a/1", "a/2", "a/3/x", "b"}) {
    put(key, "");
  }
  const auto first = store().list("a/", "", 2);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->objects.size(), 2U);
  EXPECT_FALSE(first->next.empty());
  const auto second = store().list("a/", first->next, 2);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->objects.size(), 1U);
  EXPECT_EQ(second->next, "");
  EXPECT_EQ(store().list("a/", "", 3)->next, "");
}

TEST_P(StoreConformance, KeepsALargeObject) {
  const std::uint64_t size = GetParam().large_bytes;
  PatternSource source(size, 7);
  const auto info = store().put("components/large", source);
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_EQ(info->size, size);
  std::uint64_t taken = 0;
  std::uint64_t wrong = 0;
  const auto got = another()->get("components/large", [&](std::string_view piece) -> Status {
    for (const char c : piece) {
      wrong += c == PatternSource::byte_at(7, taken++) ? 0 : 1;
    }
    return {};
  });
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(taken, size);
  EXPECT_EQ(wrong, 0U);
  const std::string part = read_range(store(), "components/large", {.first = size - 3, .size = 10});
  ASSERT_EQ(part.size(), 3U);
  EXPECT_EQ(part[2], PatternSource::byte_at(7, size - 1));
}

TEST_P(StoreConformance, PagesThroughManyObjects) {
  const std::size_t many = GetParam().many_objects;
  constexpr std::size_t kThreads = 8;
  const auto key_of = [](std::size_t i) {
    return "functions/" + std::to_string(100'000 + i * 7919 % 100'000) + ".wasm";
  };
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (std::size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t i = t; i < many; i += kThreads) {
        put(key_of(i), "x");
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  Keys expected;
  for (std::size_t i = 0; i < many; ++i) {
    expected.push_back(key_of(i));
  }
  std::ranges::sort(expected);
  EXPECT_EQ(keys("functions/"), expected);
  EXPECT_EQ(keys("functions/", 999), expected);
  // From the middle, as a node that goes on.
  EXPECT_EQ(keys("functions/1" + expected[many / 2].substr(11, 2)).size(),
            static_cast<std::size_t>(std::ranges::count_if(
                expected, [&](const std::string& key) { return key.starts_with(expected[many / 2].substr(0, 13)); })));
}

}  // namespace
}  // namespace peko::code
