/// A guest and the engine that it runs in: small enough for valgrind's address space, and without the ticks of the
/// clock, which would make the same call take now more and now fewer instructions.
#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"
#include "engine/runtime.hpp"
#include "net/loop.hpp"

namespace peko::bench {

/// The thread that made it is the loop's.
struct GuestRig {
  /// Compiles and loads `guest`, a component below the folder that PEKO_BUILD names: "samples/hello-c".
  static Result<std::unique_ptr<GuestRig>> start(const std::string& guest);

  std::unique_ptr<net::Loop> loop;
  std::unique_ptr<engine::Runtime> runtime;
  engine::Worker* worker = nullptr;
  std::shared_ptr<const engine::Component> component;
};

}  // namespace peko::bench
