#include "code/route_claims.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "code/listing.hpp"
#include "code/manifest_values.hpp"
#include "code/pointer.hpp"
#include "code/version_objects.hpp"

namespace peko::code {
namespace {

bool holds(const std::vector<std::string>& routes, std::string_view route) {
  return std::ranges::find(routes, route) != routes.end();
}

struct Claim {
  std::string function;
  std::chrono::system_clock::time_point at;
};

Result<std::vector<Claim>> claims_of(Store& store, std::string_view route) {
  std::vector<Claim> claims;
  Status walked = each_object(store, route_key(route, ""), [&claims](const ObjectInfo& object) -> Status {
    const std::vector<std::string_view> segments = split(object.key, '/');
    if (segments.size() == 3 && check_name(segments[2])) {
      claims.push_back({.function = std::string(segments[2]), .at = object.modified});
    }
    return {};
  });
  if (!walked) {
    return fail(std::move(walked.error()), fmt::format("looking who has the route \"{}\"", route));
  }
  return claims;
}

/// Conflict when `other` has the route, or may get it while this deploy is under way.
Status check_other(Store& store, std::string_view route, const Claim& other,
                   std::chrono::system_clock::time_point ours) {
  const Result<std::optional<Deployment>> pointer = read_pointer(store, other.function);
  if (!pointer) {
    return fail(pointer.error(), fmt::format("looking whether \"{}\" has the route \"{}\"", other.function, route));
  }
  if (*pointer) {
    const Result<std::vector<std::string>> routes = current_routes(store, **pointer);
    if (!routes) {
      return fail(routes.error(), fmt::format("looking whether \"{}\" has the route \"{}\"", other.function, route));
    }
    if (holds(*routes, route)) {
      return fail(Code::Conflict, fmt::format("the function \"{}\" has the route \"{}\": remove it from one of the two",
                                              other.function, route));
    }
  }
  if (other.at + kClaimPending > ours) {
    return fail(
        Code::Conflict,
        fmt::format("the function \"{}\" is being deployed with the route \"{}\": remove it from one of the two, "
                    "or do it again in {} minutes if that deploy was cut off",
                    other.function, route, kClaimPending.count()));
  }
  return {};
}

Status put_claim(Store& store, std::string_view route, std::string_view function) {
  const Result<ObjectInfo> put = put_object(store, route_key(route, function), "");
  return put ? Status() : fail(put.error());
}

/// Claims one route; adds it to `fresh` when its claim is new.
Status claim_route(Store& store, std::string_view function, const std::string& route, bool held,
                   std::vector<std::string>& fresh) {
  if (!held) {
    if (Status put = put_claim(store, route, function); !put) {
      return put;
    }
    fresh.push_back(route);
  }
  const Result<std::vector<Claim>> claims = claims_of(store, route);
  if (!claims) {
    return fail(claims.error());
  }
  const auto own = std::ranges::find(*claims, function, &Claim::function);
  if (held) {
    // Whoever only now claims what this function has will give way. A claim may be missing: removed by hand.
    return own != claims->end() ? Status() : put_claim(store, route, function);
  }
  if (own == claims->end()) {
    return fail(Code::Conflict,
                fmt::format("somebody else changes the routes of \"{}\" right now: do it again", function));
  }
  for (const Claim& other : *claims) {
    if (other.function != function) {
      if (Status free = check_other(store, route, other, own->at); !free) {
        return free;
      }
    }
  }
  return {};
}

}  // namespace

Result<std::vector<std::string>> current_routes(Store& store, const Deployment& deployment) {
  std::vector<std::string> routes;
  for (const WeightedVersion& one : deployment.versions) {
    Result<VersionRecord> record = fetch_version(store, deployment.function, one.version);
    if (!record) {
      return fail(std::move(record.error()));
    }
    std::ranges::move(record->settings.routes, std::back_inserter(routes));
  }
  std::ranges::sort(routes);
  routes.erase(std::ranges::unique(routes).begin(), routes.end());
  return routes;
}

Result<std::vector<std::string>> claim_routes(Store& store, std::string_view function,
                                              const std::vector<std::string>& wanted,
                                              const std::vector<std::string>& held) {
  std::vector<std::string> fresh;
  for (const std::string& route : wanted) {
    if (Status claimed = claim_route(store, function, route, holds(held, route), fresh); !claimed) {
      release_routes(store, function, fresh);
      return fail(std::move(claimed.error()));
    }
  }
  return fresh;
}

void renew_claims(Store& store, std::string_view function, const std::vector<std::string>& routes) {
  for (const std::string& route : routes) {
    (void)put_claim(store, route, function);
  }
}

void release_routes(Store& store, std::string_view function, const std::vector<std::string>& routes) {
  if (routes.empty()) {
    return;
  }
  for (const std::string& route : routes) {
    (void)store.remove(route_key(route, function));
  }
  const Result<std::optional<Deployment>> pointer = read_pointer(store, function);
  if (!pointer || !*pointer) {
    return;
  }
  const Result<std::vector<std::string>> current = current_routes(store, **pointer);
  for (const std::string& route : routes) {
    // When it cannot be read what serves, a claim too many is better than one too few.
    if (!current || holds(*current, route)) {
      (void)put_claim(store, route, function);
    }
  }
}

}  // namespace peko::code
