/// AssetMemory: the assets that a node holds in memory for all its loops, and the threads that bring them there.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "base/clock.hpp"
#include "base/hash.hpp"
#include "edge/asset_source.hpp"
#include "node/work_queue.hpp"

namespace peko::node {

/// Any thread. It holds at most `bytes_max`, one asset more than that for a moment: what was not used for longest goes.
/// What has gone stays with the loops until they look again, once a second, and with the responses that are being sent.
///
/// Of large assets as much again may be in memory: those that are being fetched, and those that have gone, lie in
/// memory for want of a cache and are still sent. A fetch that does not fit waits for the others; one that is larger
/// than `bytes_max` goes alone.
class AssetMemory final : public edge::AssetSource {
 public:
  /// Questions that may wait; each has a request behind it.
  static constexpr std::size_t kWaitingMax = 10'000;

  /// `clock` outlives it.
  AssetMemory(std::uint64_t bytes_max, const Clock& clock);

  void bring(std::shared_ptr<const code::Assets> assets, const code::AssetBlob& asset, Held done) override;
  void read(std::shared_ptr<edge::HeldAsset> asset, std::uint64_t first, std::size_t size, Piece done) override;
  void look(std::shared_ptr<const code::Assets> assets, std::string path, Found done) override;

  /// What it holds.
  [[nodiscard]] std::uint64_t bytes() const;
  /// As WorkQueue::stop.
  bool stop(std::chrono::milliseconds patience);

 private:
  using Lock = std::unique_lock<std::mutex>;
  using Brought = Result<code::AssetBytes>;

  struct Fetch {
    std::shared_ptr<const code::Assets> assets;
    code::AssetBlob asset;
    std::chrono::steady_clock::time_point since;
  };
  void fetch(Fetch wanted);
  /// Starts the large fetches that fit. Those that slow readers leave no room for are refused after a while.
  void start_fetches();
  void look_for_room_soon(Lock& lock);
  void finish(const code::AssetBlob& asset, Brought brought);
  void evict(Lock& lock);
  std::uint64_t leaving_bytes(Lock& lock);

  const std::uint64_t bytes_max_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  // Under the mutex:
  std::map<Digest, std::shared_ptr<edge::HeldAsset>> held_;
  std::map<Digest, std::weak_ptr<edge::HeldAsset>> leaving_;  // large, in memory, gone from held_, perhaps still sent
  std::map<code::AssetBlob, std::vector<Held>> awaited_;      // by size too: an index may lie about it
  std::deque<Fetch> fetches_;                                 // large ones that have not begun
  std::size_t waiting_ = 0;                                   // in awaited_
  std::uint64_t bytes_ = 0;                                   // of held_
  bool looks_for_room_ = false;
  std::uint64_t flying_ = 0;  // of large assets that are being fetched

  WorkQueue from_disk_;
  WorkQueue from_store_;
};

}  // namespace peko::node
