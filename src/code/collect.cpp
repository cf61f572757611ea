// Publisher::collect: what nothing needs any more is found by reading all, looked at once more, and removed.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>

#include "base/text.hpp"
#include "code/asset_upload.hpp"
#include "code/catalog.hpp"
#include "code/listing.hpp"
#include "code/publisher.hpp"
#include "code/rollout.hpp"
#include "code/route_claims.hpp"
#include "code/store_survey.hpp"
#include "engine/script_engine.hpp"

namespace peko::code {
namespace {

using Time = std::chrono::system_clock::time_point;

/// The hash in "components/<sha256>.wasm", "scripts/<sha256>.js" (or .map), "assets/<sha256>",
/// "indexes/<sha256>.json" or "artifacts/<engine-id>/<sha256>.cwasm", as text; empty: no such key.
std::string_view hash_in(std::string_view key) {
  constexpr std::size_t kDigits = 64;
  const std::string_view file = split(key, '/').back();
  const std::string_view digits = file.substr(0, file.find('.'));
  const std::string_view ending = file.substr(digits.size());
  const bool is_hash =
      digits.size() == kDigits && digits.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  constexpr std::array<std::string_view, 6> kEndings{".wasm", ".cwasm", ".js", ".map", ".json", ""};
  return is_hash && std::ranges::find(kEndings, ending) != kEndings.end() ? digits : std::string_view();
}

/// The last change took the function out of service.
bool was_removed(const Deployment& deployment) {
  return deployment.versions.empty() && deployment.history.size() >= 2 && !deployment.history[1].versions.empty();
}

/// One run. In a dry one, everything is asked and nothing is written.
class Collection {
 public:
  Collection(Store& store, Time older_than, std::size_t keep) : store_(store), older_than_(older_than), keep_(keep) {}

  /// The first step; the others follow in their order.
  Status read() { return survey_.read(store_); }

  Status collect_versions(Publisher::Collect how) {
    for (auto& [function, versions] : survey_.versions) {
      if (Status done = collect_versions_of(function, versions, how); !done) {
        return done;
      }
    }
    for (const auto& [function, pointer] : survey_.pointers) {
      if (!survey_.versions.contains(function) && is_due(pointer) && is_unchanged(pointer)) {
        if (Status done = remove_pointer(pointer, how); !done) {
          return done;
        }
      }
    }
    return {};
  }

  Status collect_routes(Publisher::Collect how) {
    std::vector<RouteClaim> due;
    Status walked = each_object(store_, "routes/", [&](const ObjectInfo& object) -> Status {
      const std::vector<std::string_view> segments = split(object.key, '/');
      const Result<std::string> route = segments.size() == 3 ? route_of_segment(segments[1]) : fail(Code::Invalid, "");
      if (route && object.modified < older_than_ && !is_current_route(std::string(segments[2]), *route)) {
        due.push_back({.route = *route, .function = std::string(segments[2])});
        collected_.keys.push_back(object.key);
      }
      return {};
    });
    for (const RouteClaim& claim : due) {
      if (how == Publisher::Collect::Remove) {
        release_routes(store_, claim.function, {claim.route});
      }
    }
    return walked;
  }

  Status collect_code(Publisher::Collect how) {
    std::vector<ObjectInfo> old;
    const auto add_old = [&](const ObjectInfo& object) -> Status {
      if (object.modified < older_than_ && !hash_in(object.key).empty()) {
        old.push_back(object);
      }
      return {};
    };
    for (const std::string_view prefix : {"components/", "scripts/", "artifacts/", "assets/", "indexes/"}) {
      if (Status walked = each_object(store_, prefix, add_old); !walked) {
        return walked;
      }
    }
    // Reading took its time: what was deployed or rolled back to since?
    if (Status again = survey_.read_versions(store_); !again) return again;
    if (Status again = find_needed(); !again) return again;
    needed_.insert(hex(engine::script_engine_hash()));  // its machine code
    for (const ObjectInfo& object : old) {
      if (needed_.contains(std::string(hash_in(object.key)))) {
        continue;
      }
      if (how == Publisher::Collect::Remove) {
        const Result<ObjectInfo> now = store_.stat(object.key);
        if (!now || now->modified >= older_than_) {
          continue;  // gone, or just sent again
        }
      }
      if (Status done = remove(object, how); !done) {
        return done;
      }
    }
    return {};
  }

  Publisher::Collected take() { return std::move(collected_); }

 private:
  /// Whether a removed function's time is over.
  [[nodiscard]] bool is_due(const Deployment& pointer) const {
    return was_removed(pointer) && pointer.history.front().at < older_than_;
  }

  Status collect_versions_of(const std::string& function, VersionsOfFunction& versions, Publisher::Collect how) {
    if (survey_.unreadable.contains(function)) {
      return {};
    }
    const auto pointer = survey_.pointers.find(function);
    if (pointer != survey_.pointers.end()) {
      if (!is_unchanged(pointer->second)) {
        return {};
      }
      if (is_due(pointer->second)) {
        if (Status done = remove_pointer(pointer->second, how); !done) {
          return done;
        }
      }
    }
    const bool gone = pointer == survey_.pointers.end() || is_due(pointer->second);
    std::map<VersionNumber, std::string> removed;  // their texts
    std::size_t newer = versions.size();
    for (auto& [number, version] : versions) {
      --newer;
      const bool due = gone ? version.object.modified < older_than_
                            : newer >= keep_ && !is_protected(pointer->second, number, version);
      if (!due) {
        continue;
      }
      version.removed = true;
      if (how == Publisher::Collect::Remove) {
        Result<Object> object = get_object(store_, version.object.key, kRecordBytesMax);
        if (object) {
          removed.emplace(number, std::move(object->bytes));
        }
      }
      if (Status done = remove(version.object, how); !done) {
        return done;
      }
    }
    return removed.empty() ? Status() : put_back(function, versions, removed);
  }

  /// Whoever rolls back moves the pointer and then looks for the record; here it was removed first, and now the pointer
  /// is looked at. So one of the two puts the record back.
  Status put_back(const std::string& function, VersionsOfFunction& versions,
                  const std::map<VersionNumber, std::string>& removed) {
    const Result<std::optional<Deployment>> now = read_pointer(store_, function);
    if (!now) {
      return fail(now.error());
    }
    for (const auto& [number, text] : removed) {
      if (!*now || !serves(**now, number)) {
        continue;
      }
      StoredVersion& version = versions.at(number);
      const Result<ObjectInfo> put = put_object(store_, version.object.key, text, PutIf::absent());
      if (!put && put.error().code != Code::Conflict) {
        return fail(put.error());
      }
      version.removed = false;
      std::erase(collected_.keys, version.object.key);
      collected_.bytes -= version.object.size;
    }
    return {};
  }

  static bool serves(const Deployment& deployment, VersionNumber number) {
    return std::ranges::find(deployment.versions, number, &WeightedVersion::version) != deployment.versions.end();
  }

  /// A version that serves, that a rollback goes back to, or whose deploy may be under way.
  [[nodiscard]] bool is_protected(const Deployment& pointer, VersionNumber number, const StoredVersion& version) const {
    return serves(pointer, number) || version_before(pointer) == number ||
           (!names_version(pointer, number) && version.object.modified >= older_than_);
  }

  [[nodiscard]] bool is_unchanged(const Deployment& pointer) const {
    const Result<ObjectInfo> now = store_.stat(pointer_key(pointer.function));
    return now && now->etag == pointer.etag;
  }

  Status remove_pointer(const Deployment& pointer, Publisher::Collect how) {
    const std::string key = pointer_key(pointer.function);
    return remove({.key = key, .size = write_deployment(pointer).size()}, how);
  }

  [[nodiscard]] bool is_current_route(const std::string& function, const std::string& route) const {
    const auto pointer = survey_.pointers.find(function);
    if (pointer == survey_.pointers.end()) {
      return survey_.unreadable.contains(function);
    }
    const auto versions = survey_.versions.find(function);
    return std::ranges::any_of(pointer->second.versions, [&](const WeightedVersion& one) {
      if (versions == survey_.versions.end() || !versions->second.contains(one.version)) {
        return true;  // not known
      }
      const StoredVersion& version = versions->second.at(one.version);
      return !version.component || std::ranges::find(version.routes, route) != version.routes.end();
    });
  }

  /// All code that a version names: one that is there, or one that this collection removed and that somebody has gone
  /// back to meanwhile.
  Status find_needed() {
    for (const auto& [function, versions] : survey_.versions) {
      const bool removed_some = std::ranges::any_of(versions, [](const auto& one) { return one.second.removed; });
      std::optional<Deployment> now;
      if (removed_some) {
        Result<std::optional<Deployment>> pointer = read_pointer(store_, function);
        if (!pointer) {
          return fail(std::move(pointer.error()));
        }
        now = std::move(*pointer);
      }
      for (const auto& [number, version] : versions) {
        if (version.component && (!version.removed || (now && serves(*now, number)))) {
          needed_.insert(hex(*version.component));
          if (version.source_map) needed_.insert(hex(*version.source_map));
          if (Status found = find_needed_assets(version); !found) return found;
        }
      }
    }
    return {};
  }

  /// An index that is gone or damaged names no files: nobody can load its version.
  Status find_needed_assets(const StoredVersion& version) {
    if (!version.assets || !needed_.insert(hex(version.assets->hash)).second) {
      return {};
    }
    const Result<std::vector<AssetFile>> files = fetch_asset_index(store_, *version.assets);
    if (!files) {
      const Code code = files.error().code;
      return code == Code::NotFound || code == Code::Invalid ? Status()
                                                             : fail(files.error(), "nothing more was removed");
    }
    for (const AssetFile& file : *files) {
      for (const auto& blob : {std::optional(file.plain), file.brotli, file.gzip}) {
        if (blob) needed_.insert(hex(blob->hash));
      }
    }
    return {};
  }

  Status remove(const ObjectInfo& object, Publisher::Collect how) {
    if (how == Publisher::Collect::Remove) {
      if (Status removed = store_.remove(object.key); !removed) {
        return removed;
      }
    }
    collected_.keys.push_back(object.key);
    collected_.bytes += object.size;
    return {};
  }

  Store& store_;
  const Time older_than_;
  const std::size_t keep_;

  StoreSurvey survey_;
  std::set<std::string> needed_;  // hashes of code and assets
  Publisher::Collected collected_;
};

}  // namespace

Result<Publisher::Collected> Publisher::collect(std::size_t keep, std::chrono::seconds grace, Collect how) {
  Collection collection(store_, clock_.wall_now() - grace, std::max<std::size_t>(keep, 1));
  if (Status done = collection.read(); !done) return fail(std::move(done.error()));
  if (Status done = collection.collect_versions(how); !done) return fail(std::move(done.error()));
  if (Status done = collection.collect_routes(how); !done) return fail(std::move(done.error()));
  if (Status done = collection.collect_code(how); !done) return fail(std::move(done.error()));
  return collection.take();
}

}  // namespace peko::code
