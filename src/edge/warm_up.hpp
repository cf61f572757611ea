/// WarmUp: makes an instance of a version that has just taken over, before a request needs one.
///
/// Where the version before had instances, the next request would have found one. Most are made in less than a turn of
/// the loop: then no request ever finds none. Larger ones go on beside the requests, as a cold start does.
#pragma once

#include <chrono>
#include <list>

#include "net/deadline.hpp"
#include "net/event.hpp"
#include "net/task.hpp"
#include "pool/warm_pool.hpp"

namespace peko::edge {

class Edge;

/// Of one loop; lives until its task has ended.
class WarmUp final : private net::Deadline {
 public:
  /// Start functions that wait for longer are given up; the first request starts its own.
  static constexpr std::chrono::seconds kPatience{5};

  /// Does nothing when there is an instance already, or no room for one. Whatever fails here will fail for the next
  /// request too, which tells it.
  static net::Task<void> run(Edge& edge, pool::Shelf& shelf);

  /// Ends it as if its time were up.
  void expire_now() { expired(); }

 private:
  explicit WarmUp(Edge& edge);
  ~WarmUp() override;
  void expired() override;
  net::Task<void> make(pool::Shelf& shelf, pool::Lease lease);

  Edge& edge_;
  net::Event progress_;
  std::list<WarmUp*>::iterator place_;
  bool expired_ = false;
};

}  // namespace peko::edge
