#include "pool/shelf.hpp"

namespace peko::pool {

ShelfCounts Shelf::counts() const {
  return {
      .warm = idle_.size(),
      .running = leased_,
      .waiting = waiting_.size(),
      .warm_bytes = idle_bytes_,
      .reuse_given_up = reuse_.given_up(),
  };
}

}  // namespace peko::pool
