#include "node/in_parallel.hpp"

#include <algorithm>
#include <atomic>
#include <future>
#include <thread>
#include <vector>

namespace peko::node {

void in_parallel(std::size_t count, unsigned threads, const std::function<void(std::size_t)>& work,
                 const std::function<void(std::size_t)>& done) {
  std::vector<std::promise<void>> ends(count);
  std::atomic<std::size_t> next = 0;
  std::vector<std::jthread> running;
  for (std::size_t i = 0; i < std::min<std::size_t>(threads, count); ++i) {
    running.emplace_back([&] {
      for (std::size_t at = next++; at < count; at = next++) {
        work(at);
        ends[at].set_value();
      }
    });
  }
  for (std::size_t i = 0; i < count; ++i) {
    ends[i].get_future().wait();
    done(i);
  }
}

}  // namespace peko::node
