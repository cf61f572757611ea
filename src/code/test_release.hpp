/// A store with a clock, a publisher and releases for it: what tests of deployments begin with.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fake_clock.hpp"
#include "code/memory_store.hpp"
#include "code/publisher.hpp"

namespace peko::code {

struct TestStore {
  FakeClock clock;
  MemoryStore store{clock};
  Publisher publisher{store, clock};

  /// Its component outlives the call.
  static Release release(std::string_view name, std::string_view component, std::vector<std::string> routes = {},
                         std::uint32_t weight = 100) {
    Release release{.settings = {}, .component = component, .weight = weight};
    release.settings.name = name;
    release.settings.routes = std::move(routes);
    return release;
  }

  Result<Published> deploy(std::string_view name, std::string_view component, std::vector<std::string> routes = {},
                           std::uint32_t weight = 100) {
    return publisher.deploy(release(name, component, std::move(routes), weight), {.author = "ann", .message = "why"});
  }

  /// "r3 v2:90 v3:10", or the error's code.
  std::string current(std::string_view name) {
    const Result<Deployment> deployment = publisher.current(name);
    if (!deployment) {
      return std::string(to_string(deployment.error().code));
    }
    std::string text = "r" + std::to_string(deployment->revision);
    for (const WeightedVersion& one : deployment->versions) {
      text += " " + version_name(one.version) + ":" + std::to_string(one.weight);
    }
    return text;
  }

  /// The keys that begin with `prefix`.
  std::vector<std::string> keys(std::string_view prefix) {
    std::vector<std::string> keys = store.keys();
    std::erase_if(keys, [prefix](const std::string& key) { return !key.starts_with(prefix); });
    return keys;
  }
};

}  // namespace peko::code
