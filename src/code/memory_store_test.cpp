#include "code/memory_store.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "base/fake_clock.hpp"
#include "code/store_conformance.hpp"

namespace peko::code {
namespace {

using Operation = MemoryStore::Operation;

/// One more handle on a store that is an object.
class Handle final : public Store {
 public:
  explicit Handle(Store& store) : store_(store) {}
  Result<ObjectPage> list(std::string_view prefix, std::string_view after, std::size_t count) override {
    return store_.list(prefix, after, count);
  }
  Result<ObjectInfo> stat(std::string_view key) override { return store_.stat(key); }
  Result<std::optional<ObjectInfo>> get(std::string_view key, const ByteSink& sink, const ByteRange& range,
                                        std::string_view unless_etag) override {
    return store_.get(key, sink, range, unless_etag);
  }
  Result<ObjectInfo> put(std::string_view key, ByteSource& bytes, const PutIf& condition) override {
    return store_.put(key, bytes, condition);
  }
  Status remove(std::string_view key) override { return store_.remove(key); }
  [[nodiscard]] std::string shown() const override { return store_.shown(); }

 private:
  Store& store_;
};

class MemoryGround final : public StoreGround {
 public:
  std::unique_ptr<Store> open() override { return std::make_unique<Handle>(store_); }

 private:
  MemoryStore store_;
};

INSTANTIATE_TEST_SUITE_P(MemoryStore, StoreConformance,
                         ::testing::Values(StoreFactory{.name = "Memory",
                                                        .make = [] { return std::make_unique<MemoryGround>(); }}),
                         store_factory_name);

TEST(MemoryStore, FailsTheCallsThatItIsToldTo) {
  MemoryStore store;
  store.fail_calls(2, Code::Unavailable, 1);
  EXPECT_TRUE(put_object(store, "a", "1"));
  EXPECT_EQ(put_object(store, "a", "2").error().code, Code::Unavailable);
  EXPECT_EQ(store.stat("a").error().code, Code::Unavailable);
  EXPECT_TRUE(store.stat("a"));
  EXPECT_EQ(store.bytes("a"), "1");
}

TEST(MemoryStore, LosesAnAnswer) {
  MemoryStore store;
  store.fail_calls(1, Code::Unavailable, 0, MemoryStore::Moment::After);
  EXPECT_FALSE(put_object(store, "a", "1"));
  EXPECT_EQ(store.bytes("a"), "1");
}

TEST(MemoryStore, HangsUntilItIsReleased) {
  MemoryStore store;
  store.hang();
  Result<ObjectInfo> put = fail(Code::Internal, "not yet");
  std::thread caller([&] { put = put_object(store, "a", "1"); });
  store.wait_until_hung();
  EXPECT_FALSE(store.bytes("a"));
  store.release();
  caller.join();
  EXPECT_TRUE(put);
}

TEST(MemoryStore, HandsOutDamagedBytes) {
  MemoryStore store;
  store.set("a", "good");
  store.damage([](std::string_view, std::string bytes) { return bytes + "!"; });
  EXPECT_EQ(get_object(store, "a", 100)->bytes, "good!");
  store.damage({});
  EXPECT_EQ(get_object(store, "a", 100)->bytes, "good");
}

TEST(MemoryStore, LetsAHookWatchAndUseIt) {
  MemoryStore store;
  store.before_each([&](const MemoryStore::Call& call) -> Status {
    if (call.operation == Operation::Put) store.set("other", call.key);
    return {};
  });
  EXPECT_TRUE(put_object(store, "a", "1"));
  EXPECT_EQ(store.bytes("other"), "a");
  EXPECT_EQ(store.count(Operation::Put), 1U);
  EXPECT_EQ(store.calls().size(), 1U);
}

TEST(MemoryStore, DatesObjectsByTheClock) {
  FakeClock clock;
  MemoryStore store(clock);
  store.set("a", "");
  clock.advance(std::chrono::hours(1));
  store.set("b", "");
  EXPECT_EQ(store.stat("b")->modified - store.stat("a")->modified, std::chrono::hours(1));
}

}  // namespace
}  // namespace peko::code
