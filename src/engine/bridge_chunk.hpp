/// Pieces of bodies that guests write, on their way to a connection.
#pragma once

#include <cstring>

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

}  // namespace peko::engine
