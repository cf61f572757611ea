/// Publisher: changes what is deployed, so that two who do it at once never lose one another's work.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "code/asset_upload.hpp"
#include "code/deployment.hpp"
#include "code/pointer.hpp"
#include "code/store.hpp"

namespace peko::code {

/// What a deploy puts there.
struct Release {
  Function settings;            ///< as the manifest says; with a script, `component` is its bundle
  std::string_view component;   ///< empty: nothing but assets
  std::string_view source_map;  ///< of a script's bundle (code::compact_source_map); empty: none
  std::uint32_t weight = 100;   ///< below 100: a canary beside what serves now, which keeps the rest
};

/// The outcome of a change.
struct Published {
  Deployment deployment;        ///< as it is now
  VersionNumber version = 0;    ///< deploy: the new one; rollback: the one that serves again
  bool component_sent = false;  ///< else the store had it
  std::optional<AssetsSent> assets;
};

/// All calls block. The pointer moves last and by a conditional write; whoever was overtaken gets Conflict, with what
/// the other did, and nothing of the other's is lost: the caller may do it again (nothing is sent twice). Other errors
/// are the store's.
class Publisher {
 public:
  /// Both outlive it.
  Publisher(Store& store, const Clock& clock) : store_(store), clock_(clock) {}

  /// Its `versions` are empty when only secrets were set, or when it was removed. NotFound: nothing of the name was
  /// ever deployed.
  Result<Deployment> current(std::string_view function);

  struct Versions {
    std::vector<VersionRecord> records;  ///< newest first
    std::vector<Error> problems;         ///< one for each record that cannot be read
  };
  /// All version records, those included that never served or no longer do.
  Result<Versions> versions(std::string_view function);

  /// `progress` gets the bytes of the component that were sent so far, and of how many; `on_assets` is told of the
  /// files in the folder of assets. Conflict also when another function has one of the routes. Invalid: what no node
  /// could read or load.
  Result<Published> deploy(const Release& release, const Reason& reason,
                           const std::function<void(std::uint64_t, std::uint64_t)>& progress = {},
                           const OnAssets& on_assets = {});
  /// Makes an earlier version the only one that serves; without `to`, the one before the current (rollout.hpp).
  /// NotFound. Also brings back a function that was removed. Changes nothing when the version serves alone already.
  Result<Published> rollback(std::string_view function, std::optional<VersionNumber> to, const Reason& reason);
  /// Sets or (without a value) removes a sealed secret. A function needs no version yet.
  Result<Published> set_secret(std::string_view function, std::string_view secret, std::optional<std::string> sealed,
                               const Reason& reason);
  /// Takes the function out of service, with its routes; removes a dropped component and its settings. Versions,
  /// history and secrets stay until collect(), so that a rollback brings all back. NotFound.
  Status remove(std::string_view function, const Reason& reason);

  struct Collected {
    std::vector<std::string> keys;  ///< what was removed (or would be)
    std::uint64_t bytes = 0;
  };
  enum class Collect : std::uint8_t { DryRun, Remove };
  /// Removes version records beyond the newest `keep` (at least 1) of each function, never a current one or the one
  /// before it; and what is older than `grace`: functions that were removed, routes that no function has, code that no
  /// version names. A deploy may be under way for half as long as `grace`.
  /// A function whose pointer is damaged keeps its versions; a damaged record names no code. Unsupported, before
  /// anything is removed: a newer Peko wrote something there. Reads all pointers and records: minutes for many.
  Result<Collected> collect(std::size_t keep, std::chrono::seconds grace, Collect how);

 private:
  Store& store_;
  const Clock& clock_;
};

}  // namespace peko::code
