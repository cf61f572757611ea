/// StoreSurvey: what a store holds of all functions, read whole, for a collection.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "code/deployment.hpp"
#include "code/store.hpp"

namespace peko::code {

/// A version record in the store, and what it needs.
struct StoredVersion {
  ObjectInfo object;
  std::optional<Digest> component;  ///< nothing: the record is damaged, so nobody can load it
  std::optional<Digest> source_map;
  std::optional<AssetBlob> assets;  ///< their index
  std::vector<std::string> routes;
  bool removed = false;  ///< by this collection
};
using VersionsOfFunction = std::map<VersionNumber, StoredVersion>;

struct StoreSurvey {
  std::map<std::string, VersionsOfFunction, std::less<>> versions;
  std::map<std::string, Deployment, std::less<>> pointers;
  std::set<std::string, std::less<>> unreadable;  ///< functions whose pointer is damaged

  /// Reads version records, then pointers. Unsupported when a newer Peko wrote one of them; else the store's errors.
  Status read(Store& store);
  /// Reads the version records that were not read before.
  Status read_versions(Store& store);

 private:
  Status read_version(Store& store, const ObjectInfo& object);
};

}  // namespace peko::code
