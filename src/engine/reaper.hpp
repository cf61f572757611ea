/// Reaper: the thread that frees instances and cancelled calls, so that a storm of them never holds up a loop.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>
#include <variant>
#include <vector>

#include "engine/instance.hpp"

struct peko_engine;
struct peko_invocation;

namespace peko::engine {

/// One per Runtime; any attached thread gives it things. The destructor frees what is left, then ends.
class Reaper final : public Disposal {
 public:
  /// Freeing 128 MiB takes milliseconds: loops win the CPU when both want it, but what waits to be freed does not pile
  /// up behind guests (Overflow::kNice).
  static constexpr int kNice = 5;
  /// What waits holds slots and memory that the pools count as free. When so much waits, because instances come faster
  /// than a busy machine lets this thread free them, whoever brings the next one frees it himself.
  static constexpr std::size_t kBacklogMax = 32;

  explicit Reaper(const peko_engine* engine);
  virtual ~Reaper();
  Reaper(const Reaper&) = delete;
  Reaper& operator=(const Reaper&) = delete;

  void dispose(peko_instance* instance) override { put(instance); }
  void free(peko_instance* instance) override;
  void cancel(peko_invocation* invocation) { put(invocation); }

 private:
  using Item = std::variant<peko_instance*, peko_invocation*>;
  void put(Item item);
  static void end(const Item& item);
  void run(const peko_engine* engine);

  std::atomic<std::size_t> backlog_ = 0;  // put and not freed yet

  // Guarded by mutex_:
  std::mutex mutex_;
  std::condition_variable filled_;
  std::vector<Item> items_;
  bool stopping_ = false;

  std::thread thread_;
};

}  // namespace peko::engine
