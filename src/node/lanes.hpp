/// Lanes: all loops of a node, as what decides about functions sees them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "edge/deployed.hpp"
#include "edge/fault.hpp"
#include "edge/router.hpp"

namespace peko::node {

/// Any thread may call it. What is told reaches every loop, in the order in which it was told; what it means is
/// Edge's to say (edge/edge.hpp).
class Lanes {
 public:
  using Target = edge::Router::Target;

  virtual ~Lanes() = default;

  virtual void route(std::shared_ptr<const edge::Router> router) = 0;
  virtual void deploy(Target function, std::shared_ptr<const edge::Deployed> deployed) = 0;
  virtual void fail(Target function, edge::Fault fault, const std::string& detail) = 0;
  virtual void unload(Target function) = 0;
  virtual void deploy_preview(Target function, std::uint32_t number, std::shared_ptr<const pool::Version> version) = 0;
  virtual void fail_preview(Target function, std::uint32_t number, edge::Fault fault, const std::string& detail) = 0;

  /// Calls `done` when all loops have done what they were told before, on the last one's thread.
  virtual void when_done(std::function<void()> done) = 0;
  /// How many requests of the function are over.
  [[nodiscard]] virtual std::uint64_t requests(Target function) const = 0;
};

}  // namespace peko::node
