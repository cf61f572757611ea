/// FunctionSource: where functions come from that are not loaded yet.
#pragma once

#include <cstdint>

#include "edge/router.hpp"

namespace peko::edge {

/// Called on any loop's thread; does not block. Each question is answered on every loop, sooner or later: a function's
/// by Edge::deploy, Edge::fail or Edge::unload, a preview's by Edge::deploy_preview or Edge::fail_preview. Questions
/// for the same thing may come from several loops, and again later.
class FunctionSource {
 public:
  /// A request waits for the function.
  virtual void want(Router::Target function) = 0;
  /// A request waits for one version of it, whether that serves now or not. Clients choose the number: most there are
  /// may be nonsense.
  virtual void want_preview(Router::Target function, std::uint32_t version) = 0;

 protected:
  ~FunctionSource() = default;
};

}  // namespace peko::edge
