/// What a Call holds while an asset that answers it is on its way, or is sent piece by piece.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "edge/asset_choice.hpp"
#include "edge/asset_shelf.hpp"
#include "edge/asset_source.hpp"
#include "net/deadline.hpp"
#include "net/event.hpp"
#include "net/loop.hpp"
#include "pool/shelf.hpp"

namespace peko::edge {

/// An asset as one request gets it.
struct AssetAnswer {
  enum class Keep : std::uint8_t { Forever, Revalidate, Live };
  std::string_view type;
  Keep keep = Keep::Revalidate;
  code::AssetBlob blob;
  Coding coding = Coding::Plain;
  bool varies = false;  ///< other clients get another coding
  AssetPlan plan;
};

/// The answer to a question that another thread answers; shared with that one (hence shared_ptr).
template <typename T>
struct Awaited {
  explicit Awaited(net::Event& progress) : progress(&progress) {}
  net::Event* progress;  ///< null: nobody waits any more. The loop's thread only, as all of it
  std::optional<Result<T>> result;
};

/// Hands what it is called with to `place` on the loop's thread. Any thread may call it; the loop outlives it.
template <typename T>
std::move_only_function<void(Result<T>)> deliver(net::Loop& loop, std::shared_ptr<Awaited<T>> place) {
  return [&loop, place = std::move(place)](Result<T> result) mutable {
    loop.post([place = std::move(place), result = std::move(result)]() mutable {
      place->result.emplace(std::move(result));
      if (place->progress != nullptr) place->progress->set();
    });
  };
}

/// Made when an answer does not come at once; on its loop.
struct AssetCall {
  AssetCall(pool::Shelf& shelf, net::Event& progress) : pin(shelf), progress(progress) {}
  ~AssetCall() {
    if (bytes) bytes->progress = nullptr;
    if (piece) piece->progress = nullptr;
    if (live) live->progress = nullptr;
  }
  AssetCall(const AssetCall&) = delete;
  AssetCall& operator=(const AssetCall&) = delete;

  pool::ShelfPin pin;
  net::Event& progress;
  AssetAnswer answer;
  net::TimePoint asked{};  ///< when what it waits for was asked for
  bool for_page = false;   ///< `live` is the page that answers for what is not there
  // What is waited for; null: not that.
  std::shared_ptr<Awaited<LiveAsset>> live;
  std::shared_ptr<Awaited<std::shared_ptr<HeldAsset>>> bytes;
  std::shared_ptr<Awaited<std::string>> piece;
  // While it is sent from a file:
  LoopAsset file;
  std::uint64_t at = 0;
  std::uint64_t end = 0;
};

}  // namespace peko::edge
