/// Instances without an engine, and a disposal that counts them: for tests of whatever leases and keeps instances.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/instance.hpp"

namespace peko::pool {

class FakeDisposal final : public engine::Disposal {
 public:
  virtual ~FakeDisposal() = default;

  /// A new instance, number 1, 2, 3, ...
  engine::Instance make(engine::Instance::Age age = {.uses = 1, .memory_bytes = 100}) {
    return {handle(++made_), *this, age};
  }
  /// The instance of that number once more, after a call.
  engine::Instance again(std::uintptr_t number, engine::Instance::Age age) { return {handle(number), *this, age}; }
  /// The number of an instance that make() made; takes it.
  std::uintptr_t number(engine::Instance instance) {
    // Safety: handles of this fake are numbers, never dereferenced.
    return reinterpret_cast<std::uintptr_t>(instance.release());
  }
  /// The numbers of those that were disposed of, in order.
  std::vector<std::uintptr_t> disposed;
  /// Of those, the ones that were freed at once.
  std::vector<std::uintptr_t> freed;

  void dispose(peko_instance* instance) override { disposed.push_back(reinterpret_cast<std::uintptr_t>(instance)); }
  void free(peko_instance* instance) override {
    dispose(instance);
    freed.push_back(disposed.back());
  }

 private:
  static peko_instance* handle(std::uintptr_t number) { return reinterpret_cast<peko_instance*>(number); }
  std::uintptr_t made_ = 0;
};

}  // namespace peko::pool
