/// Whether this machine's CPU can run what Peko compiles.
#pragma once

#include "base/result.hpp"

namespace peko::engine {

/// Compiled functions and the release build of the bridge use the instructions of x86-64-v3 (2013 and later), so that
/// one artifact fits all nodes. Unsupported on an older CPU. Asked before the bridge is called for the first time.
Status check_cpu();

}  // namespace peko::engine
