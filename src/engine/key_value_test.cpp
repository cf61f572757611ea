// Key-value operations of a real guest, answered by a store of the test's making.
#include "engine/key_value.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <thread>

#include "engine/call_fixture.hpp"
#include "keyvalue/fake_store.hpp"
#include "peko_bridge.h"

namespace peko::engine {
namespace {

class KeyValueTest : public CallFixture {
 public:
  void SetUp() override {
    CallFixture::SetUp();
    changed_ = std::make_unique<net::Event>(*loop_);
    store_.on_start = [this](keyvalue::FakeStore::Asked&) { changed_->set(); };
    worker_->use_store(&store_, 1000);
    guest("keyvalue")->name_stores(std::vector<std::string>{"more"});
  }
  void TearDown() override {
    worker_->use_store(nullptr, 0);
    changed_.reset();
    CallFixture::TearDown();
  }

  Exchange to(std::string target, std::string body = "") {
    Exchange exchange;
    exchange.target = std::move(target);
    exchange.request_body = std::move(body);
    exchange.key_value = &owner_;
    return exchange;
  }
  net::Task<void> answer_first(Result<keyvalue::Answer> answer) {
    while (store_.asked.empty()) co_await changed_->wait();
    // As a store does, on a thread of its own.
    std::thread([&] { store_.asked.front().done(std::move(answer)); }).join();
  }
  net::Task<void> give_up_first(Exchange& exchange) {
    while (store_.asked.empty()) co_await changed_->wait();
    exchange.give_up = true;
    exchange.progress->set();
  }
  static bool logged(const Exchange& exchange, std::string_view text) {
    return std::ranges::any_of(exchange.log, [&](const GuestLine& line) { return line.text.contains(text); });
  }

 protected:
  const keyvalue::Owner owner_{.function = "kv", .quota_bytes = 77};
  keyvalue::FakeStore store_;
  std::unique_ptr<net::Event> changed_;
};

keyvalue::Answer one(std::string value, std::int64_t version) {
  keyvalue::Answer answer;
  answer.items.push_back({.key = "k", .value = std::move(value), .version = version});
  return answer;
}

TEST_F(KeyValueTest, BringsAnOperationToTheStoreAndItsAnswerBack) {
  Exchange exchange = to("/draft2/more/get/k");
  run({{"keyvalue", &exchange}}, answer_first(one("value", 5)));
  EXPECT_EQ(exchange.status, 200U);
  EXPECT_EQ(exchange.body, "value");
  EXPECT_EQ(exchange.usage.key_value_operations, 1U);
  ASSERT_EQ(store_.asked.size(), 1U);
  const keyvalue::Request& request = store_.asked.front().request;
  EXPECT_EQ(request.op, keyvalue::Op::Get);
  EXPECT_EQ(request.owner.function, "kv");
  EXPECT_EQ(request.owner.quota_bytes, 77U);
  EXPECT_EQ(request.store, "more");
  EXPECT_EQ(request.items.at(0).key, "k");
}

TEST_F(KeyValueTest, CopiesTheValueOutOfTheGuest) {
  Exchange exchange = to("/peko/default/set/k?metadata=m&expires=9", std::string("a\0b", 3));
  run({{"keyvalue", &exchange}}, answer_first(keyvalue::Answer{}));
  EXPECT_EQ(exchange.status, 200U);
  const keyvalue::Item& item = store_.asked.at(0).request.items.at(0);
  EXPECT_EQ(item.value, std::string("a\0b", 3));
  EXPECT_EQ(item.metadata, "m");
  EXPECT_EQ(item.expires, 9);
}

TEST_F(KeyValueTest, TellsTheGuestAndTheLogWhatDidNotWork) {
  Exchange exchange = to("/draft2/default/get/k");
  run({{"keyvalue", &exchange}}, answer_first(fail(Code::Overloaded, "it is full")));
  EXPECT_EQ(exchange.status, 500U);
  EXPECT_NE(exchange.body.find("it is full"), std::string::npos) << exchange.body;
  EXPECT_TRUE(logged(exchange, "[PEKO-KEYVALUE: store \"default\": it is full]"));
}

TEST_F(KeyValueTest, OpensOnlyTheStoresThatTheComponentNames) {
  Exchange exchange = to("/draft2/another/get/k");
  run({{"keyvalue", &exchange}});
  EXPECT_NE(exchange.body.find("NoSuchStore"), std::string::npos) << exchange.body;
  EXPECT_TRUE(store_.asked.empty());
}

TEST_F(KeyValueTest, RefusesWhatNoStoreWouldTake) {
  Exchange exchange = to("/draft2/default/set/k", std::string(1001, 'v'));
  run({{"keyvalue", &exchange}});
  EXPECT_NE(exchange.body.find("1001 bytes"), std::string::npos) << exchange.body;
  EXPECT_TRUE(store_.asked.empty());
}

TEST_F(KeyValueTest, AnswersWhereThereIsNoStore) {
  worker_->use_store(nullptr, 0);
  Exchange exchange = to("/draft2/default/get/k");
  run({{"keyvalue", &exchange}});
  EXPECT_NE(exchange.body.find("data_dir"), std::string::npos) << exchange.body;
}

TEST_F(KeyValueTest, CancelsWhatNobodyWaitsForAndForgetsItsAnswer) {
  Exchange exchange = to("/draft2/default/get/k");
  run({{"keyvalue", &exchange}}, give_up_first(exchange));
  ASSERT_EQ(store_.asked.size(), 1U);
  EXPECT_TRUE(store_.asked.front().request.cancelled.stop_requested());
  EXPECT_EQ(worker_->in_flight(), 0U);
  store_.asked.front().done(one("late", 1));  // the loop is gone, or will drop it
}

TEST_F(KeyValueTest, BoundsTheOperationsOfOneCall) {
  store_.on_start = [](keyvalue::FakeStore::Asked& asked) { asked.done(one("", 1)); };
  Exchange exchange = to("/draft2/default/times/k?n=1001");
  run({{"keyvalue", &exchange}});
  EXPECT_EQ(store_.asked.size(), kKeyValueOperationsMax);
  EXPECT_NE(exchange.body.find("more than 1000"), std::string::npos) << exchange.body;
}

/// Operations of no guest: nothing of the bridge is needed until one is answered.
class KeyValueRoomTest : public ::testing::Test {
 protected:
  KeyValueRoomTest() { key_value_.use(&store_, 1U << 20); }

  KeyValue::Operation getting(std::span<const peko_key_value_item> items, std::string_view prefix = "") {
    const peko_key_value_request request{.store = {"default", 7},
                                         .prefix = {prefix.data(), prefix.size()},
                                         .cursor = {"cursor", 6},
                                         .items = items.data(),
                                         .item_count = items.size(),
                                         .number = 0,
                                         .op = PEKO_KEY_VALUE_GET,
                                         .limit = 0};
    return {key_value_, 1, 7, request};
  }

  const keyvalue::Owner owner_{.function = "kv", .quota_bytes = 77};
  std::unique_ptr<net::Loop> loop_ = net::Loop::create().value();
  keyvalue::FakeStore store_;
  KeyValue key_value_{nullptr, *loop_, [](std::uint64_t, const std::string&) {}};
  const std::vector<peko_key_value_item> one_{1, peko_key_value_item{.key = {"k", 1}}};
};

TEST_F(KeyValueRoomTest, IsHeldUntilTheStoreHasLetGoOfTheRequest) {
  key_value_.start(getting(one_), &owner_);
  ASSERT_EQ(store_.asked.size(), 1U);
  EXPECT_GT(key_value_.held_bytes(), 0U);
  key_value_.cancel(7);
  EXPECT_EQ(key_value_.in_flight(), 0U);
  EXPECT_GT(key_value_.held_bytes(), 0U) << "it waits in the store still";
  store_.asked.clear();
  EXPECT_EQ(key_value_.held_bytes(), 0U);
}

TEST_F(KeyValueRoomTest, IsCountedForAllThatARequestTakes) {
  const std::vector<peko_key_value_item> empty(1000);
  const KeyValue::Operation operation = getting(empty, "prefix");
  EXPECT_FALSE(operation.refused());
  EXPECT_GE(key_value_.held_bytes(), empty.size() * sizeof(keyvalue::Item) + 12);
}

TEST_F(KeyValueRoomTest, IsThereForSmallRequestsWhenLargeOnesHaveTakenIt) {
  const std::string all(KeyValue::kBytesMax - 100, 'x');
  const KeyValue::Operation large = getting({}, all);
  EXPECT_FALSE(large.refused());
  EXPECT_TRUE(getting({}, std::string_view(all).substr(0, 20'000)).refused());
  EXPECT_FALSE(getting(one_).refused());
  EXPECT_LT(key_value_.held_bytes(), KeyValue::kBytesMax) << "what was refused is not held";
}

}  // namespace
}  // namespace peko::engine
