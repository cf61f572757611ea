/// Deployed: what serves a function now.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "pool/version.hpp"

namespace peko::edge {

/// Immutable, shared by all loops (hence shared_ptr to const wherever it is kept).
struct Deployed {
  struct Weighted {
    std::shared_ptr<const pool::Version> version;
    std::uint32_t weight = 100;  ///< its share of the requests is its weight through the sum of all
  };
  std::vector<Weighted> versions;  ///< heaviest first; not empty
  /// How long verifying, compiling and linking took. A request that waited for the function shows it as `load`, and the
  /// rest of its wait as `fetch`.
  std::chrono::nanoseconds load{};
};

}  // namespace peko::edge
