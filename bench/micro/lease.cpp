// Leasing a warm instance and giving it back.
#include <memory>
#include <utility>

#include "micro/counted.hpp"
#include "pool/fake_disposal.hpp"
#include "pool/warm_pool.hpp"

namespace peko::pool {
namespace {

class NoMemory final : public engine::MemoryMeter {
 public:
  virtual ~NoMemory() = default;
  std::uint64_t memory_bytes() const override { return 0; }
};

void lease(benchmark::State& state) {
  FakeDisposal disposal;
  const NoMemory memory;
  ColdStarts cold_starts(1);
  const net::TimePoint now{};
  net::DeadlineWheel deadlines{now};
  WarmPool pool(PoolLimits{}, cold_starts, memory, deadlines);
  Shelf& shelf = pool.shelf(std::make_shared<Version>());
  pool.give_back(*pool.lease(shelf), disposal.make(), WarmPool::Ended::Cleanly, now);
  for (auto _ : state) {
    std::optional<Lease> lease = pool.lease(shelf);
    std::optional<engine::Instance> instance = lease ? lease->take() : std::nullopt;
    if (!instance) {
      state.SkipWithError("the pool had no warm instance");
      break;
    }
    pool.give_back(std::move(*lease), std::move(instance), WarmPool::Ended::Cleanly, now);
  }
}
BENCHMARK(lease)->Apply(bench::counted);

}  // namespace
}  // namespace peko::pool
