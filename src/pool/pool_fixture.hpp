/// A pool without an engine: fake instances, memory that tests set, time that they move.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "pool/fake_disposal.hpp"
#include "pool/warm_pool.hpp"

namespace peko::pool {

class FakeMeter final : public engine::MemoryMeter {
 public:
  virtual ~FakeMeter() = default;
  std::uint64_t bytes = 0;
  std::uint64_t memory_bytes() const override { return bytes; }
};

class PoolTest : public testing::Test {
 protected:
  explicit PoolTest(const PoolLimits& limits, unsigned cold_starts = 1)
      : cold_starts_(cold_starts), pool_(limits, cold_starts_, meter_, deadlines_) {}

  static std::shared_ptr<Version> version(const std::string& function, code::Reuse reuse = code::Reuse::Auto) {
    auto version = std::make_shared<Version>();
    version->function = function;
    version->reuse = reuse;
    version->idle = std::chrono::seconds(300);
    return version;
  }
  Shelf& shelf(const std::string& function, code::Reuse reuse = code::Reuse::Auto) {
    return pool_.shelf(version(function, reuse));
  }
  // A lease whose instance, if it is a fresh one, has been made.
  Lease running(Shelf& on) {
    Lease lease = *pool_.lease(on);
    lease.started();
    return lease;
  }
  // Ends a call cleanly. The number of the instance it ran on.
  std::uintptr_t end(Lease lease, engine::Instance::Age age = {.uses = 1, .memory_bytes = 100}) {
    std::optional<engine::Instance> instance = lease.take();
    if (!instance) instance = disposal_.make(age);
    const std::uintptr_t number = disposal_.number(std::move(*instance));
    pool_.give_back(std::move(lease), disposal_.again(number, age), WarmPool::Ended::Cleanly, now_);
    return number;
  }
  std::uintptr_t call(Shelf& on, engine::Instance::Age age = {.uses = 1, .memory_bytes = 100}) {
    return end(running(on), age);
  }

  FakeDisposal disposal_;
  FakeMeter meter_;
  ColdStarts cold_starts_;
  net::TimePoint now_{};
  net::DeadlineWheel deadlines_{now_};
  WarmPool pool_;
};

}  // namespace peko::pool
