/// Resolver: what the store says about a function now, or what it said when it last answered.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "code/local_cache.hpp"
#include "code/store.hpp"
#include "node/resolved.hpp"

namespace peko::node {

/// Shared by threads. Everything that is read is remembered in the local cache, if there is one, so that nothing that
/// has not changed is asked for twice, also not by the next process.
class Resolver {
 public:
  /// All outlive it; `cache` may be null.
  Resolver(code::Store& store, const code::LocalCache* cache, const code::LimitsMax& maxima)
      : store_(store), cache_(cache), maxima_(maxima) {}

  /// What is remembered; maybe of an earlier state than the store's. Nothing: there is nothing, or it is damaged.
  std::optional<Resolved> recall(std::string_view function);
  /// From the store. NotFound: it was removed meanwhile. Invalid, Unsupported: it cannot be read, the message names the
  /// object. Else the store's errors.
  Result<Resolved> fetch(const code::CatalogEntry& listed);
  /// One version, whether it serves or not. NotFound: there is none. `settings` hold no secrets.
  Result<code::VersionRecord> fetch_version(std::string_view function, code::VersionNumber number);

 private:
  Result<Resolved> fetch_deployed(const code::CatalogEntry& listed);
  Result<Resolved> fetch_dropped(const code::CatalogEntry& listed);
  void remember(const Resolved& resolved, const std::vector<std::string>& texts);

  code::Store& store_;
  const code::LocalCache* cache_;
  const code::LimitsMax& maxima_;
};

/// The bytes of an object that holds a component, at most `bytes_max` (else Invalid, PEKO-COMPONENT).
Result<code::Object> get_component(code::Store& store, const std::string& key, std::uint64_t bytes_max);

}  // namespace peko::node
