#include "net/task.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "net/event.hpp"
#include "net/task_group.hpp"

namespace peko::net {
namespace {

std::unique_ptr<Loop> new_loop() { return Loop::create().value(); }

Task<int> add(int a, int b) { co_return a + b; }

Task<std::unique_ptr<std::string>> box(std::string text) { co_return std::make_unique<std::string>(std::move(text)); }

Task<void> store_sum(int* out) {
  Task<int> first = add(1, 2);
  *out = co_await std::move(first) + co_await add(3, 4);
}

TEST(Task, DoesNotStartBeforeItIsAwaited) {
  int sum = 0;
  {
    Task<void> task = store_sum(&sum);
    EXPECT_EQ(sum, 0);
  }
  EXPECT_EQ(sum, 0);
}

TEST(Task, GivesItsValueToTheAwaiter) {
  const auto loop = new_loop();
  TaskGroup group(*loop);
  int sum = 0;
  group.spawn(store_sum(&sum));
  EXPECT_EQ(sum, 10);
}

Task<void> unbox(std::string* out) { *out = *co_await box("a value that only moves"); }

TEST(Task, MovesItsValue) {
  const auto loop = new_loop();
  TaskGroup group(*loop);
  std::string out;
  group.spawn(unbox(&out));
  EXPECT_EQ(out, "a value that only moves");
}

Task<int> count_down(int n) { co_return n == 0 ? 0 : 1 + co_await count_down(n - 1); }
Task<void> sum_many(int* out) {
  for (int i = 0; i < 1'000'000; ++i) *out += co_await add(1, 0);
}
Task<void> store_depth(int* out) { *out = co_await count_down(100'000); }

TEST(Task, AwaitsDeeplyAndOftenWithoutStack) {
  const auto loop = new_loop();
  TaskGroup group(*loop);
  int count = 0;
  group.spawn(sum_many(&count));
  EXPECT_EQ(count, 1'000'000);
  int depth = 0;
  group.spawn(store_depth(&depth));
  EXPECT_EQ(depth, 100'000);
}

TEST(FrameArena, GivesFramesOfEverySize) {
  std::vector<std::pair<void*, std::size_t>> frames;
  for (std::size_t size = 1; size < 5'000; size += 37) {
    void* const frame = FrameArena::allocate(size);
    std::fill_n(static_cast<char*>(frame), size, 'x');
    frames.emplace_back(frame, size);
  }
  for (const auto& [frame, size] : frames) FrameArena::release(frame, size);
}

TEST(FrameArena, TakesFramesBackOnAnotherThread) {
  std::vector<void*> frames;
  for (int i = 0; i < 20'000; ++i) frames.push_back(FrameArena::allocate(200));
  std::thread([&] {
    for (void* const frame : frames) FrameArena::release(frame, 200);
  }).join();
}

}  // namespace
}  // namespace peko::net
