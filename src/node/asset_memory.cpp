#include "node/asset_memory.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <thread>
#include <utility>

#include "base/file.hpp"
#include "code/asset_folder.hpp"
#include "code/asset_path.hpp"

namespace peko::node {

namespace {

// Disks answer in well under a millisecond, or queue what more threads ask.
constexpr unsigned kDiskThreads = 4;
// As many as load functions from the store.
constexpr unsigned kStoreThreads = 16;
// What an asset takes besides its bytes: places in maps, here and on the loops.
constexpr std::uint64_t kOverhead = 512;
// Loops give up within a second what has gone from here; who reads slowly may keep it for long.
constexpr std::chrono::seconds kRoomPatience{2};
constexpr std::chrono::milliseconds kLookForRoomEvery{50};

std::int64_t seconds_of(std::chrono::steady_clock::time_point now) {
  return std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
}

Result<std::string> read_piece(const edge::HeldAsset& asset, std::uint64_t first, std::size_t size) {
  std::string bytes(size, '\0');
  ssize_t got = 0;
  do {
    got = ::pread(asset.content.file.get(), bytes.data(), size, static_cast<off_t>(first));
  } while (got < 0 && errno == EINTR);
  if (got < 0) return fail(file_error("reading", "a static file in the local cache", errno));
  if (got == 0) return fail(Code::Invalid, "a static file in the local cache has become shorter");
  bytes.resize(static_cast<std::size_t>(got));
  return bytes;
}

bool is_large(const code::AssetBlob& asset) { return asset.size > code::kAssetInMemoryMax; }

// What `path` leads to in a project's folder, with its bytes.
Result<edge::LiveAsset> look_into(const code::Assets& assets, std::string path) {
  using Is = edge::LiveAsset::Is;
  const Result<code::AssetFolder> folder = code::AssetFolder::open(assets.folder());
  if (!folder) {
    // A build makes it, or has just removed it: the function answers meanwhile.
    return folder.error().code == Code::NotFound ? Result<edge::LiveAsset>(edge::LiveAsset()) : fail(folder.error());
  }
  switch (code::locate_asset(path, [&](const std::string& each) { return folder->has(each); })) {
    case code::AssetAt::Nowhere: return edge::LiveAsset();
    case code::AssetAt::Folder: return edge::LiveAsset{.is = Is::Folder, .path = std::move(path), .bytes = {}};
    case code::AssetAt::File: break;
  }
  Result<std::string> bytes = folder->read(path, assets.bytes_max());
  if (!bytes) return fail(std::move(bytes.error()));
  return edge::LiveAsset{.is = Is::File, .path = std::move(path), .bytes = std::move(*bytes)};
}

}  // namespace

AssetMemory::AssetMemory(std::uint64_t bytes_max, const Clock& clock)
    : bytes_max_(bytes_max),
      clock_(clock),
      from_disk_("peko-assets", kDiskThreads),
      from_store_("peko-asset-get", kStoreThreads) {}

void AssetMemory::bring(std::shared_ptr<const code::Assets> assets, const code::AssetBlob& asset, Held done) {
  Lock lock(mutex_);
  if (const auto found = held_.find(asset.hash); found != held_.end()) {
    std::shared_ptr<edge::HeldAsset> held = found->second;
    lock.unlock();
    return done(std::move(held));
  }
  if (const auto found = leaving_.find(asset.hash); found != leaving_.end()) {
    if (std::shared_ptr<edge::HeldAsset> held = found->second.lock(); held != nullptr) {
      lock.unlock();
      return done(std::move(held));
    }
  }
  if (waiting_ >= kWaitingMax) {
    lock.unlock();
    return done(fail(Code::Overloaded, "as many requests wait for static files as may"));
  }
  waiting_++;
  std::vector<Held>& awaiting = awaited_[asset];
  awaiting.push_back(std::move(done));
  if (awaiting.size() > 1) return;  // it is on its way
  lock.unlock();
  from_disk_.post([this, assets = std::move(assets), asset]() mutable {
    Brought kept = assets->origin().cached(asset);
    if (kept || kept.error().code != Code::NotFound) return finish(asset, std::move(kept));
    fetch({.assets = std::move(assets), .asset = asset, .since = clock_.now()});
  });
}

void AssetMemory::fetch(Fetch wanted) {
  // Of small ones there are not more in memory than threads.
  if (!is_large(wanted.asset)) {
    return from_store_.post(
        [this, one = std::move(wanted)] { finish(one.asset, one.assets->origin().fetch(one.asset)); });
  }
  {
    const std::scoped_lock lock(mutex_);
    fetches_.push_back(std::move(wanted));
  }
  start_fetches();
}

void AssetMemory::start_fetches() {
  std::vector<Fetch> refused;
  Lock lock(mutex_);
  while (!fetches_.empty()) {
    const std::uint64_t size = fetches_.front().asset.size;
    const std::uint64_t taken = flying_ + leaving_bytes(lock);
    const bool fits = taken == 0 || taken + size <= bytes_max_;
    if (!fits && flying_ > 0) break;  // one that ends starts it
    if (!fits && clock_.now() - fetches_.front().since < kRoomPatience) {
      look_for_room_soon(lock);
      break;
    }
    Fetch one = std::move(fetches_.front());
    fetches_.pop_front();
    if (!fits) {
      refused.push_back(std::move(one));
      continue;
    }
    flying_ += size;
    from_store_.post([this, one = std::move(one)] {
      finish(one.asset, one.assets->origin().fetch(one.asset));
      {
        const std::scoped_lock ended(mutex_);
        flying_ -= one.asset.size;
      }
      start_fetches();
    });
  }
  lock.unlock();
  for (const Fetch& one : refused) {
    finish(one.asset, fail(Code::Overloaded,
                           "large static files that are being sent take the memory that they may: give the node a "
                           "local cache (cache_dir), or raise asset_memory_mb"));
  }
}

void AssetMemory::look_for_room_soon(Lock&) {
  if (std::exchange(looks_for_room_, true)) return;
  from_store_.post([this] {
    std::this_thread::sleep_for(kLookForRoomEvery);  // tidy: loops tell nobody when they let go
    {
      const std::scoped_lock lock(mutex_);
      looks_for_room_ = false;
    }
    start_fetches();
  });
}

// Forgets what nobody sends any more.
std::uint64_t AssetMemory::leaving_bytes(Lock&) {
  std::uint64_t sum = 0;
  std::erase_if(leaving_, [&sum](const auto& each) {
    const std::shared_ptr<edge::HeldAsset> asset = each.second.lock();
    if (asset != nullptr) sum += asset->content.memory;
    return asset == nullptr;
  });
  return sum;
}

void AssetMemory::finish(const code::AssetBlob& asset, Brought brought) {
  Result<std::shared_ptr<edge::HeldAsset>> result = fail(Code::Internal, "not brought");
  if (brought) {
    auto held = std::make_shared<edge::HeldAsset>();
    held->content = std::move(*brought);
    held->size = asset.size;
    held->used_s = seconds_of(clock_.now());
    result = std::move(held);
  } else {
    result = fail(std::move(brought.error()));
  }
  Lock lock(mutex_);
  std::vector<Held> waiting = std::move(awaited_[asset]);
  awaited_.erase(asset);
  waiting_ -= waiting.size();
  if (result) {
    if (held_.emplace(asset.hash, *result).second) bytes_ += (*result)->content.memory + kOverhead;
    if (bytes_ > bytes_max_) evict(lock);
  }
  lock.unlock();
  for (Held& done : waiting) done(result);
}

// Some more than must go, so that not every asset that comes has all uses compared.
void AssetMemory::evict(Lock&) {
  struct Entry {
    std::int64_t used_s;  // as it was when this began: loops go on writing it
    decltype(held_)::iterator at;
  };
  std::vector<Entry> entries;
  entries.reserve(held_.size());
  for (auto each = held_.begin(); each != held_.end(); ++each) {
    entries.push_back({.used_s = each->second->used_s.load(std::memory_order_relaxed), .at = each});
  }
  std::ranges::sort(entries, {}, &Entry::used_s);
  const std::uint64_t target = bytes_max_ - bytes_max_ / 8;
  for (const Entry& each : entries) {
    if (bytes_ <= target) return;
    edge::HeldAsset& asset = *each.at->second;
    bytes_ -= asset.content.memory + kOverhead;
    asset.evicted.store(true, std::memory_order_relaxed);
    if (asset.content.memory > code::kAssetInMemoryMax) leaving_.insert_or_assign(each.at->first, each.at->second);
    held_.erase(each.at);
  }
}

void AssetMemory::read(std::shared_ptr<edge::HeldAsset> asset, std::uint64_t first, std::size_t size, Piece done) {
  from_disk_.post([asset = std::move(asset), first, size, done = std::move(done)]() mutable {
    done(read_piece(*asset, first, size));
  });
}

void AssetMemory::look(std::shared_ptr<const code::Assets> assets, std::string path, Found done) {
  from_disk_.post([assets = std::move(assets), path = std::move(path), done = std::move(done)]() mutable {
    done(look_into(*assets, std::move(path)));
  });
}

std::uint64_t AssetMemory::bytes() const {
  const std::scoped_lock lock(mutex_);
  return bytes_;
}

bool AssetMemory::stop(std::chrono::milliseconds patience) {
  const bool disk = from_disk_.stop(patience);
  return from_store_.stop(patience) && disk;
}

}  // namespace peko::node
