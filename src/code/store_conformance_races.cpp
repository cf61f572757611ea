// Many who use a store at once, each with a handle of its own.
#include <array>
#include <atomic>
#include <barrier>
#include <charconv>
#include <set>
#include <thread>

#include "base/hash.hpp"
#include "base/random.hpp"
#include "code/store_conformance.hpp"

namespace peko::code {
namespace {

/// Runs `work(number)` in each of `count` threads.
template <typename Work>
void in_threads(std::size_t count, Work work) {
  std::vector<std::thread> threads;
  threads.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    threads.emplace_back([&work, i] { work(i); });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
}

int number_in(std::string_view text) {
  int number = -1;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

TEST_P(StoreConformance, LetsOneOfManyPutWhatIsAbsent) {
  constexpr std::size_t kThreads = 6;
  constexpr int kRounds = 20;
  std::barrier start(kThreads);
  std::array<std::atomic<int>, kRounds> winners{};
  std::array<std::atomic<int>, kRounds> winner{};
  std::atomic<int> wrong = 0;
  in_threads(kThreads, [&](std::size_t me) {
    const auto mine = another();
    for (std::size_t round = 0; round < kRounds; ++round) {
      start.arrive_and_wait();
      const auto put = put_object(*mine, "versions/f/" + std::to_string(round), std::to_string(me), PutIf::absent());
      if (put) {
        ++winners[round];
        winner[round] = static_cast<int>(me);
      } else if (put.error().code != Code::Conflict) {
        ++wrong;
        ADD_FAILURE() << put.error().message;
      }
    }
  });
  EXPECT_EQ(wrong, 0);
  for (std::size_t round = 0; round < kRounds; ++round) {
    EXPECT_EQ(winners[round], 1) << round;
    EXPECT_EQ(bytes_of("versions/f/" + std::to_string(round)), std::to_string(winner[round])) << round;
  }
}

TEST_P(StoreConformance, LosesNoChangeOfManyWriters) {
  constexpr std::size_t kThreads = 4;
  constexpr int kChanges = 25;
  put("functions/f/current.json", "0");
  in_threads(kThreads, [&](std::size_t) {
    const auto mine = another();
    for (int done = 0; done < kChanges;) {
      const auto now = get_object(*mine, "functions/f/current.json", 100);
      ASSERT_TRUE(now) << now.error().message;
      const auto put = put_object(*mine, "functions/f/current.json", std::to_string(number_in(now->bytes) + 1),
                                  PutIf::unchanged(now->info.etag));
      if (put) {
        ++done;
      } else {
        ASSERT_EQ(put.error().code, Code::Conflict) << put.error().message;
      }
    }
  });
  EXPECT_EQ(bytes_of("functions/f/current.json"), std::to_string(kThreads * kChanges));
}

TEST_P(StoreConformance, ShowsReadersNoTornObject) {
  constexpr int kWrites = 40;
  constexpr std::size_t kSizeMax = 700'000;
  const auto object = [](Random& random) {
    std::string body(random() % kSizeMax, static_cast<char>('a' + random() % 26));
    return hex(sha256(body)) + body;
  };
  Random first(1);
  put("functions/f.wasm", object(first));
  std::atomic<bool> writing = true;
  std::atomic<int> reads = 0;
  in_threads(4, [&](std::size_t me) {
    const auto mine = another();
    if (me == 0) {
      Random random(2);
      for (int i = 0; i < kWrites || reads < 20; ++i) {
        const auto put = put_object(*mine, "functions/f.wasm", object(random));
        EXPECT_TRUE(put) << put.error().message;
        if (!put) break;
      }
      writing = false;
      return;
    }
    while (writing) {
      const auto got = get_object(*mine, "functions/f.wasm", std::size_t{2} << 20);
      ASSERT_TRUE(got) << got.error().message;
      ASSERT_EQ(got->info.size, got->bytes.size());
      ASSERT_EQ(got->bytes.substr(0, 64), hex(sha256(std::string_view(got->bytes).substr(64))));
      ++reads;
    }
  });
}

TEST_P(StoreConformance, ListsWhatStaysWhileTheRestChanges) {
  std::vector<std::string> stays;
  for (int i = 10; i < 50; ++i) {
    stays.push_back("functions/stays-" + std::to_string(i) + "/x");
    put(stays.back(), "1");
  }
  std::atomic<bool> listing = true;
  in_threads(3, [&](std::size_t me) {
    if (me == 0) {
      for (int i = 0; i < 10; ++i) {
        const auto found = keys("functions/", 7);
        const std::set<std::string> all(found.begin(), found.end());
        EXPECT_EQ(all.size(), found.size()) << "a key twice";
        for (const std::string& key : stays) {
          EXPECT_TRUE(all.contains(key)) << key;
        }
      }
      listing = false;
      return;
    }
    const auto mine = another();
    for (std::size_t i = 0; listing; ++i) {
      const std::string key = "functions/s" + std::to_string(me) + "-" + std::to_string(i % 20) + "/x";
      Status done;
      if (i / 20 % 2 == 1) {
        done = mine->remove(key);
      } else if (auto put = put_object(*mine, key, "x"); !put) {
        done = fail(std::move(put.error()));
      }
      EXPECT_TRUE(done) << done.error().message;
      if (!done) return;
    }
  });
}

TEST_P(StoreConformance, IsSharedByThreads) {
  in_threads(6, [&](std::size_t me) {
    for (int i = 0; i < 10; ++i) {
      const std::string key = "t" + std::to_string(me) + "/" + std::to_string(i);
      put(key, key);
      EXPECT_EQ(bytes_of(key), key);
      EXPECT_TRUE(store().remove(key));
    }
  });
  EXPECT_EQ(keys(""), std::vector<std::string>());
}

}  // namespace
}  // namespace peko::code
