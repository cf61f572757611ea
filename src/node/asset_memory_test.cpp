#include "node/asset_memory.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <latch>
#include <thread>

#include "base/fake_clock.hpp"
#include "code/test_folder.hpp"

namespace peko::node {
namespace {

using namespace std::chrono_literals;
using edge::HeldAsset;
using edge::LiveAsset;

constexpr std::uint64_t kLarge = 2 * code::kAssetInMemoryMax;

// Counts what it is asked for; the hash of a text is the asset's name.
class FakeOrigin final : public code::AssetOrigin {
 public:
  Result<code::AssetBytes> cached(const code::AssetBlob&) override {
    ++looks;
    return fail(Code::NotFound, "");
  }
  Result<code::AssetBytes> fetch(const code::AssetBlob& asset) override {
    ++fetches;
    if (gate != nullptr && (gated == 0 || asset.size == gated)) gate->wait();
    if (error) return fail(*error, "down");
    if (lies && asset.size == gated) return fail(Code::Invalid, "it has another size");
    return code::AssetBytes{.bytes = std::string(asset.size, 'x'), .file = {}, .memory = memory.value_or(asset.size)};
  }
  std::atomic<int> looks = 0;
  std::atomic<int> fetches = 0;
  std::optional<Code> error;
  bool lies = false;  // what waits for the gate is not there in that size
  std::latch* gate = nullptr;
  std::optional<std::uint64_t> memory;  // what they cost; else their size, as without a cache
  std::uint64_t gated = 0;              // assets of this size wait for the gate; 0: all
};

class AssetMemoryTest : public testing::Test {
 protected:
  ~AssetMemoryTest() override { EXPECT_TRUE(memory.stop(10s)); }

  static code::AssetBlob blob(std::string_view name, std::uint64_t size = 1000) {
    return {.hash = sha256(name), .size = size};
  }
  std::future<Result<std::shared_ptr<HeldAsset>>> ask(const code::AssetBlob& asset) {
    auto promise = std::make_shared<std::promise<Result<std::shared_ptr<HeldAsset>>>>();
    auto future = promise->get_future();
    memory.bring(assets, asset, [promise](auto result) { promise->set_value(std::move(result)); });
    return future;
  }
  std::shared_ptr<HeldAsset> bring(const code::AssetBlob& asset) { return ask(asset).get().value(); }

  FakeClock clock;
  AssetMemory memory{20'000, clock};
  std::shared_ptr<FakeOrigin> origin = std::make_shared<FakeOrigin>();
  std::shared_ptr<const code::Assets> assets =
      std::make_shared<const code::Assets>(std::vector<code::AssetFile>(), origin);
};

TEST_F(AssetMemoryTest, BringsAnAssetOnce) {
  const auto first = bring(blob("a"));
  EXPECT_EQ(first->content.bytes.size(), 1000U);
  EXPECT_EQ(bring(blob("a")), first);
  EXPECT_EQ(origin->fetches, 1);
}

TEST_F(AssetMemoryTest, BringsItOnceForAllWhoWait) {
  std::latch gate(1);
  origin->gate = &gate;
  auto first = ask(blob("a"));
  auto second = ask(blob("a"));
  gate.count_down();
  EXPECT_EQ(first.get().value(), second.get().value());
  EXPECT_EQ(origin->fetches, 1);
}

TEST_F(AssetMemoryTest, DoesNotLetOneIndexThatLiesFailAnother) {
  std::latch gate(1);
  origin->gate = &gate;
  origin->gated = 999;
  origin->lies = true;
  auto lie = ask(blob("a", 999));
  auto truth = ask(blob("a", 1000));
  const bool came = truth.wait_for(10s) == std::future_status::ready;  // while the other one is still asked for
  gate.count_down();
  EXPECT_TRUE(came);
  EXPECT_TRUE(truth.get());
  EXPECT_FALSE(lie.get());
}

TEST_F(AssetMemoryTest, LetsGoOfWhatWasNotUsedForLongest) {
  const auto old = bring(blob("old"));
  clock.advance(5s);
  const auto used = bring(blob("used"));
  for (int i = 0; i < 30; ++i) {
    clock.advance(1s);
    used->used_s = std::chrono::duration_cast<std::chrono::seconds>(clock.now().time_since_epoch()).count();
    bring(blob(std::to_string(i)));
    EXPECT_LE(memory.bytes(), 20'000U);
  }
  EXPECT_TRUE(old->evicted);
  EXPECT_FALSE(used->evicted);
  EXPECT_EQ(bring(blob("used")), used);
  EXPECT_NE(bring(blob("old")), old);
}

TEST_F(AssetMemoryTest, LetsGoWhileLoopsNoteUses) {
  constexpr int kRounds = 20'000;
  AssetMemory small(2000 * 512, clock);  // assets without bytes: what they cost besides
  std::vector<std::shared_ptr<HeldAsset>> all(kRounds);
  std::atomic<int> ready = 0;  // of `all`
  std::atomic<bool> over = false;
  std::thread loop([&] {
    for (std::int64_t use = 0; !over; ++use) {
      const int count = ready;
      for (int i = std::max(0, count - 4000); i < count; ++i) {
        all[static_cast<std::size_t>(i)]->used_s.store((use * i) % 7919, std::memory_order_relaxed);
      }
    }
  });
  for (int i = 0; i < kRounds; ++i) {
    std::promise<std::shared_ptr<HeldAsset>> promise;
    small.bring(assets, blob(std::to_string(i), 0),
                [&](Result<std::shared_ptr<HeldAsset>> held) { promise.set_value(std::move(held).value()); });
    all[static_cast<std::size_t>(i)] = promise.get_future().get();
    ready = i + 1;
  }
  over = true;
  loop.join();
  EXPECT_TRUE(small.stop(10s));
  EXPECT_LE(small.bytes(), 2000U * 512);
  const auto held = std::ranges::count_if(all, [](const auto& each) { return !each->evicted; });
  EXPECT_EQ(small.bytes(), static_cast<std::uint64_t>(held) * 512);
}

TEST_F(AssetMemoryTest, ServesOneThatIsLargerThanAllItMayHold) {
  const auto large = bring(blob("large", 100'000));
  EXPECT_EQ(large->content.bytes.size(), 100'000U);
  EXPECT_EQ(memory.bytes(), 0U);
}

TEST_F(AssetMemoryTest, FetchesLargeOnesOneAfterTheOtherWhenTheyDoNotFitTogether) {
  std::latch gate(1);
  origin->gate = &gate;
  origin->gated = kLarge;
  origin->memory = 100;
  auto first = ask(blob("a", kLarge));
  auto second = ask(blob("b", kLarge));
  auto third = ask(blob("c", kLarge));
  while (origin->looks < 3 || origin->fetches < 1) std::this_thread::yield();
  EXPECT_TRUE(bring(blob("small"))) << "they do not hold up small ones";
  EXPECT_EQ(origin->fetches, 2) << "one of them and the small one";
  gate.count_down();
  EXPECT_TRUE(first.get());
  EXPECT_TRUE(second.get());
  EXPECT_TRUE(third.get());
}

TEST_F(AssetMemoryTest, HasNoSecondCopyOfALargeOneThatIsStillSent) {
  auto sent = bring(blob("large", kLarge));
  EXPECT_TRUE(sent->evicted);
  EXPECT_EQ(bring(blob("large", kLarge)), sent);
  EXPECT_EQ(origin->fetches, 1);
  auto waiting = ask(blob("other", kLarge));
  EXPECT_EQ(waiting.wait_for(200ms), std::future_status::timeout) << "what is sent takes what large ones may";
  clock.advance(3s);
  const auto refused = waiting.get();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::Overloaded);
  EXPECT_EQ(origin->fetches, 1);
  sent.reset();
  EXPECT_TRUE(ask(blob("other", kLarge)).get()) << "it waits until nobody holds the first";
}

TEST_F(AssetMemoryTest, TellsAllWhoWaitWhenItCannotBeHad) {
  origin->error = Code::Unavailable;
  EXPECT_EQ(ask(blob("a")).get().error().code, Code::Unavailable);
  origin->error.reset();
  EXPECT_TRUE(ask(blob("a")).get());
  EXPECT_EQ(memory.bytes(), 1512U);
}

TEST_F(AssetMemoryTest, LooksIntoAProjectsFolder) {
  const code::TestFolder folder;
  folder.write("public/index.html", "hello");
  folder.write("public/docs/index.html", "docs");
  const auto live = std::make_shared<const code::Assets>(folder.path() / "public", 10);
  const auto look = [&](std::string path) {
    std::promise<Result<LiveAsset>> promise;
    memory.look(live, std::move(path), [&promise](Result<LiveAsset> found) { promise.set_value(std::move(found)); });
    return promise.get_future().get();
  };
  EXPECT_EQ(look("").value().bytes, "hello");
  EXPECT_EQ(look("").value().path, "index.html");
  EXPECT_EQ(look("docs").value().is, LiveAsset::Is::Folder);
  EXPECT_EQ(look("nothing").value().is, LiveAsset::Is::Nothing);
  folder.write("public/index.html", "changed");
  EXPECT_EQ(look("").value().bytes, "changed");
  folder.write("public/index.html", "more than ten bytes");
  EXPECT_FALSE(look(""));
  std::filesystem::remove_all(folder.path() / "public");
  EXPECT_EQ(look("").value().is, LiveAsset::Is::Nothing);
}

}  // namespace
}  // namespace peko::node
