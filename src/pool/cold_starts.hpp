/// ColdStarts: how many instances the loops of a node are making at this moment.
///
/// Making one costs from 20 us to many milliseconds of CPU. Too many at once only make each other late, so beyond the
/// budget a version makes one instance at a time on each loop: further requests wait for it to be made, or for one that
/// comes back, or for a short time (WarmPool::kStartPatience). A version can never be held up by another one's start.
#pragma once

#include <atomic>

namespace peko::pool {

/// Shared by all loops of a node; touched by cold starts only. Two loops that look at once may both go over the budget,
/// which costs nothing but a little of what it saves.
class ColdStarts {
 public:
  explicit ColdStarts(unsigned budget) : budget_(budget) {}

  [[nodiscard]] bool spent() const { return under_way_.load(std::memory_order_relaxed) >= budget_; }
  void begin() { under_way_.fetch_add(1, std::memory_order_relaxed); }
  void end() { under_way_.fetch_sub(1, std::memory_order_relaxed); }

 private:
  unsigned budget_;
  std::atomic<unsigned> under_way_ = 0;
};

}  // namespace peko::pool
