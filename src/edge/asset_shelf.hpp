/// AssetShelf: the assets that one loop holds, so that it looks up what it has sent before without a lock.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <unordered_map>

#include "base/hash.hpp"
#include "edge/asset_source.hpp"
#include "http/exchange.hpp"
#include "net/deadline.hpp"

namespace peko::edge {

/// An asset on one loop: counts references of its own, so that loops which send the same file do not fight for one
/// counter.
using LoopAsset = std::shared_ptr<const std::shared_ptr<HeldAsset>>;

/// Bytes of an asset in memory, for a response: not copied, kept until they are sent.
http::Chunk chunk_of(const LoopAsset& asset, std::string_view bytes);

/// Lives on one loop.
class AssetShelf {
 public:
  /// Null: not here. Notes the use.
  const LoopAsset* find(const Digest& hash, net::TimePoint now);
  const LoopAsset& put(const Digest& hash, std::shared_ptr<HeldAsset> asset);
  /// Lets go of what was evicted. Call it about once a second.
  void sweep();

 private:
  struct HashOfDigest {
    std::size_t operator()(const Digest& digest) const noexcept {
      std::size_t hash = 0;  // a digest's bytes are as random as can be
      std::memcpy(&hash, digest.data(), sizeof hash);
      return hash;
    }
  };
  std::unordered_map<Digest, LoopAsset, HashOfDigest> held_;
};

}  // namespace peko::edge
