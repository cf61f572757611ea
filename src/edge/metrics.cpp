#include "edge/metrics.hpp"

#include <bit>
#include <memory>
#include <utility>

#include "base/assert.hpp"

namespace peko::edge {

Metrics::Metrics() = default;

Metrics::~Metrics() {
  for (std::size_t i = 0; i < chunks_.size(); ++i) {
    const std::unique_ptr<Place[]> chunk(chunks_[i].load(std::memory_order_relaxed));
    for (std::size_t at = 0; chunk && at < kFirstChunk << i; ++at) {
      const std::unique_ptr<FunctionMetrics> numbers(chunk[at].load(std::memory_order_relaxed));
    }
  }
}

Metrics::Where Metrics::where(Router::Target function) {
  const std::size_t chunk = static_cast<std::size_t>(std::bit_width(function / kFirstChunk + 1)) - 1;
  return {.chunk = chunk,
          // NOLINTNEXTLINE(clang-analyzer-core.BitwiseShift): bit_width of what is not 0 is not 0
          .index = function - kFirstChunk * ((std::size_t{1} << chunk) - 1),
          .chunk_size = kFirstChunk << chunk};
}

FunctionMetrics& Metrics::of(Router::Target function) {
  const Where at = where(function);
  PEKO_ASSERT(at.chunk < chunks_.size(), "nobody has so many functions");
  Place* chunk = chunks_[at.chunk].load(std::memory_order_relaxed);
  if (chunk == nullptr) {
    chunk = std::make_unique<Place[]>(at.chunk_size).release();
    chunks_[at.chunk].store(chunk, std::memory_order_release);
  }
  FunctionMetrics* numbers = chunk[at.index].load(std::memory_order_relaxed);
  if (numbers == nullptr) {
    numbers = std::make_unique<FunctionMetrics>().release();
    chunk[at.index].store(numbers, std::memory_order_release);
  }
  return *numbers;
}

const FunctionMetrics& Metrics::of(Router::Target function) const {
  const Where at = where(function);
  if (at.chunk >= chunks_.size()) return none_;
  const Place* chunk = chunks_[at.chunk].load(std::memory_order_acquire);
  if (chunk == nullptr) return none_;
  const FunctionMetrics* numbers = chunk[at.index].load(std::memory_order_acquire);
  return numbers != nullptr ? *numbers : none_;
}

void Metrics::record(FunctionMetrics& function, const RequestRecord& request) {
  const std::size_t status_class = request.status / 100;
  function.requests[status_class < kStatusClasses.size() ? status_class : 0].add();
  function.seconds.observe(request.wall);
  function.cpu_ns.add(static_cast<std::uint64_t>(request.cpu.count()));
  if (request.asset) function.assets.add();
  if (request.subrequests != 0) function.subrequests.add(request.subrequests);
  if (request.queue.count() > 0) queue_.observe(request.queue);
  if (request.fetch.count() > 0 && !request.asset) fetch_.observe(request.fetch);
  if (request.load.count() > 0) load_.observe(request.load);
  if (request.log_cut) function.log_cuts.add();
  if (request.fault != nullptr) function.faults[index_of(*request.fault)].add();
  if (request.cold != pool::ColdReason::None) {
    function.cold[std::to_underlying(request.cold)].add();
    if (request.instantiate.count() > 0) instantiate_.observe(request.instantiate);
  }
}

}  // namespace peko::edge
