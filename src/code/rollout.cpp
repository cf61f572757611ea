#include "code/rollout.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.hpp"

namespace peko::code {

void sort_heaviest_first(std::vector<WeightedVersion>& versions) {
  std::ranges::sort(versions, [](const WeightedVersion& one, const WeightedVersion& other) {
    return one.weight != other.weight ? one.weight > other.weight : one.version < other.version;
  });
}

Result<std::vector<WeightedVersion>> with_version(const std::vector<WeightedVersion>& serving, VersionNumber version,
                                                  std::uint32_t weight) {
  if (weight < 1 || weight > 100) {
    return fail(Code::Invalid, fmt::format("a weight is 1 to 100, not {}", weight));
  }
  if (weight == 100 || serving.empty()) {
    return std::vector<WeightedVersion>{{.version = version, .weight = 100}};
  }
  if (serving.size() >= kVersionsAtOnceMax) {
    return fail(Code::Invalid,
                fmt::format("{} versions serve already, which is the most: deploy without a weight, or let one version "
                            "serve alone first (peko rollback NAME {})",
                            serving.size(), version_name(serving.front().version)));
  }
  std::uint32_t sum = 0;
  for (const WeightedVersion& one : serving) {
    sum += one.weight;
  }
  PEKO_ASSERT(sum > 0, "weights are at least 1");
  const std::uint32_t rest = 100 - weight;
  std::uint32_t given = 0;
  std::vector<WeightedVersion> result;
  for (const WeightedVersion& one : serving) {
    const std::uint32_t share = std::max(1U, (one.weight * rest + sum / 2) / sum);
    result.push_back({.version = one.version, .weight = share});
    given += share;
  }
  // What rounding took or gave is the heaviest's, as far as it has that much.
  const std::uint32_t first = result.front().weight + rest;
  result.front().weight = first > given ? first - given : 1;
  result.push_back({.version = version, .weight = weight});
  sort_heaviest_first(result);
  return result;
}

std::optional<VersionNumber> version_before(const Deployment& deployment) {
  for (const HistoryEntry& entry : deployment.history) {
    const bool alone = entry.versions.size() == 1;
    const bool serves_alone = alone && deployment.versions.size() == 1 &&
                              deployment.versions.front().version == entry.versions.front().version;
    if (alone && !serves_alone) {
      return entry.versions.front().version;
    }
  }
  return std::nullopt;
}

}  // namespace peko::code
