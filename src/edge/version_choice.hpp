/// Which of several versions answers a request.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/random.hpp"
#include "http/message.hpp"
#include "pool/shelf.hpp"

namespace peko::edge {

/// A version that serves, on one loop.
struct Serving {
  pool::Shelf* shelf;
  std::uint32_t weight;
};

struct VersionChoice {
  pool::Shelf* shelf;
  bool by_luck;  ///< the request named none of them: it should be told which one it got, so that it stays with it
};

/// The version that the request names by its field, else by its cookie, if that is one of `serving`; else one by
/// weight. `serving` is not empty.
VersionChoice choose_version(std::span<const Serving> serving, http::Fields request_fields, Random& random);

}  // namespace peko::edge
