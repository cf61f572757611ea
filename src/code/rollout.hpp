/// Which versions serve after a change: decisions about a pointer, without a store.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.hpp"
#include "code/deployment.hpp"

namespace peko::code {

/// The order that a pointer has: heaviest first, then older first.
void sort_heaviest_first(std::vector<WeightedVersion>& versions);

/// `serving` with `version` beside it: it gets `weight` of 100, the others share the rest as they did before, each at
/// least 1. A weight of 100, or nothing that serves: it gets all. Invalid for another weight, or when as many serve as
/// may.
Result<std::vector<WeightedVersion>> with_version(const std::vector<WeightedVersion>& serving, VersionNumber version,
                                                  std::uint32_t weight);

/// What a rollback goes back to: the version of the newest earlier state in which another one served alone. So it
/// undoes a canary, a deploy, a removal, and a rollback.
std::optional<VersionNumber> version_before(const Deployment& deployment);

}  // namespace peko::code
