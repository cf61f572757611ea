/// Claims of routes: who may have a route's requests, agreed upon by deployers that only share a store.
///
/// A claim is put before the pointer moves, and only then the others' are looked at: so of two who want one route at
/// least one sees the other. A claim of a function whose current versions lack the route counts while it is young: its
/// deploy may be under way. After the pointer has moved, new claims are put once more, and after a claim was taken back
/// the pointer is read once more: so none is lost to somebody who takes back what another has just claimed.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "code/deployment.hpp"
#include "code/store.hpp"

namespace peko::code {

/// So long after a claim its deploy may be under way.
inline constexpr std::chrono::minutes kClaimPending{10};

/// The routes of all versions that serve, each once. The errors of fetch_version.
Result<std::vector<std::string>> current_routes(Store& store, const Deployment& deployment);

/// Claims `wanted` for a function whose pointer has the routes `held`. Says which claims are new. Conflict: another
/// function has a route or is about to have it; then no new claim remains. Else the store's errors.
Result<std::vector<std::string>> claim_routes(Store& store, std::string_view function,
                                              const std::vector<std::string>& wanted,
                                              const std::vector<std::string>& held);

/// Puts claims once more, as far as the store lets.
void renew_claims(Store& store, std::string_view function, const std::vector<std::string>& routes);

/// Takes claims back, but not those of versions that serve. What the store does not let be done stays: claims that
/// nobody needs do no harm after kClaimPending.
void release_routes(Store& store, std::string_view function, const std::vector<std::string>& routes);

}  // namespace peko::code
