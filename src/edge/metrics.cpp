#include "edge/metrics.hpp"

#include <utility>

namespace peko::edge {

void Metrics::record(FunctionMetrics& function, const RequestRecord& request) {
  const std::size_t status_class = request.status / 100;
  function.requests[status_class < kStatusClasses.size() ? status_class : 0].add();
  function.seconds.observe(request.wall);
  function.cpu_ns.add(static_cast<std::uint64_t>(request.cpu.count()));
  if (request.subrequests != 0) function.subrequests.add(request.subrequests);
  if (request.queue.count() > 0) queue_.observe(request.queue);
  if (request.log_cut) function.log_cuts.add();
  if (request.fault != nullptr) function.faults[index_of(*request.fault)].add();
  if (request.cold != pool::ColdReason::None) {
    function.cold[std::to_underlying(request.cold)].add();
    if (request.instantiate.count() > 0) instantiate_.observe(request.instantiate);
  }
}

}  // namespace peko::edge
