#include "edge/asset_shelf.hpp"

#include <chrono>
#include <new>
#include <utility>

namespace peko::edge {

namespace {

void release(void* state) noexcept {
  // Safety: chunk_of put one there.
  std::destroy_at(std::launder(reinterpret_cast<LoopAsset*>(state)));
}

std::int64_t seconds_of(net::TimePoint now) {
  return std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
}

}  // namespace

http::Chunk chunk_of(const LoopAsset& asset, std::string_view bytes) {
  alignas(LoopAsset) std::byte state[sizeof(LoopAsset)];
  // Safety: a chunk moves its state by copying bytes. A shared_ptr stands that: it holds two pointers, and nothing
  // points at it. It is destroyed once, by release().
  new (state) LoopAsset(asset);
  return {bytes, release, state, sizeof state};
}

const LoopAsset* AssetShelf::find(const Digest& hash, net::TimePoint now) {
  const auto found = held_.find(hash);
  if (found == held_.end()) return nullptr;
  HeldAsset& asset = **found->second;
  // Written once a second at most: the line is shared with other loops.
  const std::int64_t second = seconds_of(now);
  if (asset.used_s.load(std::memory_order_relaxed) < second) asset.used_s.store(second, std::memory_order_relaxed);
  return &found->second;
}

const LoopAsset& AssetShelf::put(const Digest& hash, std::shared_ptr<HeldAsset> asset) {
  return held_[hash] = std::make_shared<const std::shared_ptr<HeldAsset>>(std::move(asset));
}

void AssetShelf::sweep() {
  std::erase_if(held_, [](const auto& each) { return (*each.second)->evicted.load(std::memory_order_relaxed); });
}

}  // namespace peko::edge
