/// Compiling: a component's bytes to machine code. Runs in a child process (cli's compile-worker), never in a node.
#pragma once

#include <span>
#include <string>

#include "base/result.hpp"

namespace peko::engine {

/// Runtime::id of this binary on this machine, without a runtime. Unsupported: a CPU that compiled functions do not run
/// on.
Result<std::string> engine_id();

/// The artifact for engines of this binary (Runtime::id). Takes seconds of CPU and hundreds of MB for a large
/// component. Invalid: not a valid component; the message says what is wrong with it.
///
/// `known`, unless it is null, is what an earlier call for nearly the same component left there, or empty: the machine
/// code of functions that have not changed is taken from it, **unchecked**. What the next call needs is left there.
Result<std::string> compile_component(std::span<const char> wasm, std::string* known);

}  // namespace peko::engine
