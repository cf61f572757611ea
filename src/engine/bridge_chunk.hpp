/// Pieces of bodies on their way between guests and connections.
#pragma once

#include <cstring>
#include <utility>

#include "http/exchange.hpp"
#include "peko_bridge.h"

namespace peko::engine {

/// Takes over a piece that the bridge has filled in; the result frees it.
inline http::Chunk take_chunk(const peko_chunk& piece) {
  const auto release = [](void* state) noexcept {
    peko_chunk chunk{};
    std::memcpy(chunk.opaque, state, sizeof chunk.opaque);
    peko_chunk_release(&chunk);
  };
  return http::Chunk({piece.data, piece.size}, release, piece.opaque, sizeof piece.opaque);
}

/// Gives a piece to the bridge, which frees it.
inline peko_lent lend(http::Chunk piece) {
  auto* const owner = new http::Chunk(std::move(piece));
  const auto release = [](void* state) { delete static_cast<http::Chunk*>(state); };
  return {.data = owner->bytes().data(), .size = owner->bytes().size(), .release = release, .owner = owner};
}

}  // namespace peko::engine
