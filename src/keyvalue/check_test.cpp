#include "keyvalue/check.hpp"

#include <gtest/gtest.h>

#include <string>

namespace peko::keyvalue {
namespace {

Request set(std::string key, std::string value) {
  Request request{.op = Op::Set};
  request.items.push_back({.key = std::move(key), .value = std::move(value)});
  return request;
}

TEST(CheckStoreName, TakesNamesThatAreSafeAsFilesAndBindings) {
  for (const char* name : {"sessions", "SESSIONS", "a", "my_store-2"}) EXPECT_TRUE(check_store_name(name)) << name;
  const std::string longest(63, 'a');
  EXPECT_TRUE(check_store_name(longest));
  for (const std::string& name :
       {std::string(), longest + "a", std::string("2nd"), std::string("a/b"), std::string(".."), std::string("a.b"),
        std::string("a b"), std::string("-a"), std::string("a\0b", 3)}) {
    EXPECT_FALSE(check_store_name(name)) << name;
  }
}

TEST(CheckStoreName, RefusesTheNamesOfTheStoreThatIsAlwaysThere) {
  EXPECT_FALSE(check_store_name("default"));
  EXPECT_FALSE(check_store_name("KV"));
}

TEST(Check, HoldsKeysValuesAndMetadataToTheirSizes) {
  EXPECT_TRUE(check(set(std::string(512, 'k'), "value"), 100));
  EXPECT_TRUE(check(set("k", std::string(100, 'v')), 100));
  EXPECT_FALSE(check(set("", "value"), 100));
  EXPECT_FALSE(check(set(std::string(513, 'k'), "value"), 100));
  EXPECT_FALSE(check(set("k", std::string(101, 'v')), 100));
  Request request = set("k", "v");
  request.items.front().metadata = std::string(1024, 'm');
  EXPECT_TRUE(check(request, 100));
  request.items.front().metadata->push_back('m');
  EXPECT_FALSE(check(request, 100));
}

TEST(Check, ShowsNoMoreThanTheBeginningOfALongKey) {
  const Status refused = check(set(std::string(100'000, 'k'), ""), 100);
  ASSERT_FALSE(refused);
  EXPECT_LT(refused.error().message.size(), 200U);
}

TEST(Check, BoundsListsAndBatches) {
  for (const Op op : {Op::List, Op::ListByRow}) {
    EXPECT_TRUE(check({.op = op, .limit = 1000}, 100));
    EXPECT_FALSE(check({.op = op, .limit = 0}, 100));
    EXPECT_FALSE(check({.op = op, .limit = 1001}, 100));
  }
  EXPECT_FALSE(check({.op = Op::List, .prefix = std::string(513, 'p'), .limit = 1}, 100));
  Request many{.op = Op::Get};
  many.items.resize(1000, {.key = "k"});
  EXPECT_TRUE(check(many, 100));
  many.items.push_back({.key = "k"});
  EXPECT_FALSE(check(many, 100));
}

}  // namespace
}  // namespace peko::keyvalue
