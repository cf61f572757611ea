#include "engine/runtime.hpp"

#include "base/assert.hpp"
#include "engine/bridge_text.hpp"
#include "engine/cpu.hpp"
#include "engine/engine_config.hpp"

namespace peko::engine {

void Runtime::Delete::operator()(peko_engine* engine) const { peko_engine_delete(engine); }

Result<std::unique_ptr<Runtime>> Runtime::start(const RuntimeOptions& options) {
  if (Status fit = check_cpu(); !fit) return fail(std::move(fit.error()));
  PEKO_ASSERT(peko_bridge_abi() == PEKO_BRIDGE_ABI, "header and library of the bridge are of one build");
  const peko_engine_config config = serving_config(options.instances_max + options.spare_slots,
                                                   options.loops + options.overflow_threads, options.clock_resolution);
  peko_buf error{};
  peko_engine* engine = peko_engine_new(&config, &error);
  if (engine == nullptr) {
    return fail(Code::Unavailable,
                "cannot start the engine for " + std::to_string(options.instances_max) +
                    " instances (fewer may fit: --instances N; address space: ulimit -v; maps: sysctl "
                    "vm.max_map_count): " +
                    take_text(error));
  }
  peko_thread_attach(engine);
  return std::unique_ptr<Runtime>(new Runtime(engine, options));
}

Runtime::Runtime(peko_engine* engine, const RuntimeOptions& options)
    : engine_(engine),
      id_(take_text(peko_engine_id(engine))),
      loops_(options.loops),
      reaper_(std::make_unique<Reaper>(engine)),
      ticker_(std::make_unique<Ticker>(engine, options.loops + options.overflow_threads, options.slices)),
      overflow_(std::make_unique<Overflow>(engine, *ticker_, options.overflow_threads, options.loops)) {}

Runtime::~Runtime() = default;

void Runtime::limit_memory(std::uint64_t bytes_max) { peko_engine_limit_memory(engine_.get(), bytes_max); }

std::uint64_t Runtime::memory_bytes() const { return peko_engine_memory_bytes(engine_.get()); }

Worker& Runtime::add_worker(net::Loop& loop) {
  PEKO_ASSERT(workers_.size() < loops_, "RuntimeOptions::loops counts the workers");
  return workers_.emplace_back(*this, loop, workers_.size());
}

}  // namespace peko::engine
