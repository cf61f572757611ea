#include "code/publisher.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "code/component_upload.hpp"
#include "code/manifest_values.hpp"
#include "code/release_check.hpp"
#include "code/rollout.hpp"
#include "code/route_claims.hpp"
#include "code/version_objects.hpp"

namespace peko::code {
namespace {

// The history says what was done where nobody says why.
Reason with_default(Reason reason, std::string message) {
  if (reason.message.empty()) reason.message = std::move(message);
  return reason;
}

/// What a version keeps of a function's settings: the rest is of the machine that built it.
Function kept(const Function& settings) {
  Function result = settings;
  result.component.clear();
  result.script.clear();
  result.assets.clear();
  result.manifest.clear();
  result.build_command.clear();
  result.build_watch.clear();
  return result;
}

/// The pointer, or one that has nothing yet.
Result<Deployment> pointer_or_none(Store& store, std::string_view function) {
  Result<std::optional<Deployment>> pointer = read_pointer(store, function);
  if (!pointer) {
    return fail(std::move(pointer.error()));
  }
  return *pointer ? std::move(**pointer) : Deployment{.function = std::string(function)};
}

Result<Deployment> pointer_needed(Store& store, std::string_view function) {
  if (Status good = check_name(function); !good) {
    return fail(std::move(good.error()));
  }
  Result<Deployment> pointer = pointer_or_none(store, function);
  if (pointer && pointer->revision == 0) {
    return fail(Code::NotFound,
                fmt::format("\"{}\" was never deployed: {} has no {}", function, store.shown(), pointer_key(function)));
  }
  return pointer;
}

/// The routes that serve before a change. Those of a version that cannot be read are not known: whoever changes what
/// serves can do without.
std::vector<std::string> routes_before(Store& store, const Deployment& before) {
  return current_routes(store, before).value_or(std::vector<std::string>{});
}

/// The number that comes after all that are known.
Result<VersionNumber> next_number(Store& store, const Deployment& before) {
  const Result<std::vector<VersionNumber>> numbers = version_numbers(store, before.function);
  if (!numbers) {
    return fail(numbers.error());
  }
  VersionNumber last = numbers->empty() ? 0 : numbers->back();
  for (const HistoryEntry& entry : before.history) {
    for (const WeightedVersion& one : entry.versions) {
      last = std::max(last, one.version);
    }
  }
  return last + 1;
}

/// Whether a version that serves has this code; false also when that cannot be read.
bool is_served(Store& store, const Deployment& before, const Digest& component) {
  return std::ranges::any_of(before.versions, [&](const WeightedVersion& one) {
    const Result<VersionRecord> record = fetch_version(store, before.function, one.version);
    return record && record->component == component;
  });
}

/// Claims the routes of what is to serve, moves the pointer, takes back the claims that are no longer needed.
Result<Deployment> make_current(Store& store, const Clock& clock, const Deployment& before,
                                const std::vector<WeightedVersion>& versions, const Reason& reason) {
  Deployment after = before;
  after.versions = versions;
  const Result<std::vector<std::string>> wanted = current_routes(store, after);
  if (!wanted) {
    return fail(wanted.error());
  }
  const std::vector<std::string> held = routes_before(store, before);
  const Result<std::vector<std::string>> fresh = claim_routes(store, before.function, *wanted, held);
  if (!fresh) {
    return fail(fresh.error());
  }
  Result<Deployment> moved =
      move_pointer(store, clock, before, {.versions = versions, .secrets = before.secrets}, reason);
  if (!moved) {
    if (moved.error().code == Code::Conflict) {
      release_routes(store, before.function, *fresh);
    }
    return moved;
  }
  // The change stands, whatever becomes of the rest.
  if (before.revision != 0 && before.versions.empty()) {
    // A collection may have removed this pointer a moment ago: it was that of a removed function.
    if (auto again = put_object(store, pointer_key(before.function), write_deployment(*moved), PutIf::absent())) {
      moved->etag = std::move(again->etag);
    }
  }
  renew_claims(store, before.function, *fresh);
  std::vector<std::string> given_up;
  std::ranges::set_difference(held, *wanted, std::back_inserter(given_up));
  release_routes(store, before.function, given_up);
  return moved;
}

/// The files of the versions that serve, as far as they can be read.
std::vector<AssetFile> served_assets(Store& store, const Deployment& before) {
  std::vector<AssetFile> files;
  for (const WeightedVersion& one : before.versions) {
    const Result<VersionRecord> record = fetch_version(store, before.function, one.version);
    if (!record || !record->assets) continue;
    if (Result<std::vector<AssetFile>> more = fetch_asset_index(store, record->assets->index)) {
      std::ranges::move(*more, std::back_inserter(files));
    }
  }
  return files;
}

/// The objects that a version needs are there, but for the files of its assets. NotFound, Invalid with what to do.
Status check_objects(Store& store, const VersionRecord& record) {
  if (record.kind != CodeKind::None) {
    const std::string key = code_key(record.kind, record.component);
    if (Status there = check_code(store, key, record.component_size); !there) return there;
  }
  if (!record.assets) return {};
  return check_code(store, asset_index_key(record.assets->index.hash), record.assets->index.size);
}

/// After a lost race: removes the record of a version that nobody has ever named.
void drop_version(Store& store, std::string_view function, VersionNumber number) {
  const Result<std::optional<Deployment>> now = read_pointer(store, function);
  if (now && (!*now || !names_version(**now, number))) {
    (void)store.remove(version_key(function, number));
  }
}

}  // namespace

Result<Deployment> Publisher::current(std::string_view function) { return pointer_needed(store_, function); }

Result<Publisher::Versions> Publisher::versions(std::string_view function) {
  Result<std::vector<VersionNumber>> numbers = version_numbers(store_, function);
  if (!numbers) {
    return fail(std::move(numbers.error()));
  }
  Versions versions;
  for (auto number = numbers->rbegin(); number != numbers->rend(); ++number) {
    Result<VersionRecord> record = fetch_version(store_, function, *number);
    if (record) {
      versions.records.push_back(std::move(*record));
    } else if (record.error().code == Code::Invalid || record.error().code == Code::Unsupported) {
      versions.problems.push_back(std::move(record.error()));
    } else if (record.error().code != Code::NotFound) {  // removed since it was listed
      return fail(std::move(record.error()));
    }
  }
  return versions;
}

Result<Published> Publisher::deploy(const Release& release, const Reason& reason,
                                    const std::function<void(std::uint64_t, std::uint64_t)>& progress,
                                    const OnAssets& on_assets) {
  if (Status good = check_release(release); !good) return fail(std::move(good.error()));
  if (Status good = check_reason(reason); !good) return fail(std::move(good.error()));
  const std::string& function = release.settings.name;
  const Result<Deployment> before = pointer_or_none(store_, function);
  if (!before) {
    return fail(before.error());
  }
  const Result<VersionNumber> next = next_number(store_, *before);
  if (!next) {
    return fail(next.error());
  }
  // Before anything is sent: whether one more may serve.
  if (const auto room = with_version(before->versions, *next, release.weight); !room) {
    return fail(room.error());
  }
  std::optional<UploadedAssets> assets;
  if (!release.settings.assets.empty()) {
    Result<UploadedAssets> uploaded =
        upload_assets(store_, clock_, release.settings, served_assets(store_, *before), on_assets);
    if (!uploaded) return fail(std::move(uploaded.error()));
    assets = std::move(*uploaded);
  }
  const Digest digest = sha256(release.component);
  const auto send_code = [&]() -> Result<bool> {
    if (kind_of(release) == CodeKind::None) return false;
    const Upload upload{.key = code_key(kind_of(release), digest),
                        .bytes = release.component,
                        .served = is_served(store_, *before, digest)};
    return upload_component(store_, clock_, upload, progress);
  };
  Result<bool> sent = send_code();
  if (!sent) {
    return fail(sent.error());
  }
  const std::optional<Digest> map =
      release.source_map.empty() ? std::nullopt : std::optional(sha256(release.source_map));
  const auto send_map = [&]() -> Result<bool> {
    if (!map) return false;
    return upload_component(store_, clock_, {.key = source_map_key(*map), .bytes = release.source_map}, {});
  };
  if (const Result<bool> map_sent = send_map(); !map_sent) {
    return fail(map_sent.error());
  }
  const Result<VersionRecord> record =
      claim_version(store_,
                    {.settings = kept(release.settings),
                     .kind = kind_of(release),
                     .component = digest,
                     .component_size = release.component.size(),
                     .source_map = map,
                     .assets = assets ? std::optional(assets->record) : std::nullopt,
                     .created = std::chrono::floor<std::chrono::milliseconds>(clock_.wall_now()),
                     .author = reason.author,
                     .message = reason.message},
                    *next);
  if (!record) {
    return fail(record.error());
  }
  // A collection that looked at it before may have removed it since. The files of assets are younger than any that it
  // removes, or of a version that serves: then, if that has changed, the pointer does not move.
  if (!check_objects(store_, *record)) {
    sent = send_code();
    if (!sent) return fail(sent.error());
    if (assets) {
      const Upload index{.key = asset_index_key(assets->record.index.hash), .bytes = assets->index};
      if (const Result<bool> again = upload_component(store_, clock_, index, {}); !again) return fail(again.error());
    }
  }
  if (const Result<bool> again = send_map(); !again) return fail(again.error());
  const auto versions = with_version(before->versions, record->number, release.weight);
  Result<Deployment> moved = make_current(store_, clock_, *before, *versions, reason);
  if (!moved) {
    if (moved.error().code == Code::Conflict) {
      drop_version(store_, function, record->number);
    }
    return fail(std::move(moved.error()));
  }
  return Published{.deployment = std::move(*moved),
                   .version = record->number,
                   .component_sent = *sent,
                   .assets = assets ? std::optional(assets->sent) : std::nullopt};
}

Result<Published> Publisher::rollback(std::string_view function, std::optional<VersionNumber> to,
                                      const Reason& reason) {
  if (Status good = check_reason(reason); !good) {
    return fail(std::move(good.error()));
  }
  Result<Deployment> before = pointer_needed(store_, function);
  if (!before) {
    return fail(std::move(before.error()));
  }
  const std::optional<VersionNumber> target = to ? to : version_before(*before);
  if (!target) {
    return fail(Code::NotFound, fmt::format("\"{}\" has no earlier version to go back to", function));
  }
  if (before->versions.size() == 1 && before->versions.front().version == *target) {
    return Published{.deployment = std::move(*before), .version = *target};
  }
  const Result<VersionRecord> record = fetch_version(store_, function, *target);
  if (!record) {
    return fail(record.error());
  }
  if (Status there = check_objects(store_, *record); !there) {
    return fail(std::move(there.error()), fmt::format("{} of \"{}\"", version_name(*target), function));
  }
  Result<Deployment> moved = make_current(store_, clock_, *before, {{.version = *target, .weight = 100}},
                                          with_default(reason, "rollback to " + version_name(*target)));
  if (!moved) {
    return fail(std::move(moved.error()));
  }
  // A collection may have removed what nothing named a moment ago: the record, and then perhaps the code.
  if (put_object(store_, version_key(function, *target), write_version(*record), PutIf::absent())) {
    if (Status there = check_objects(store_, *record); !there) {
      return fail(std::move(there.error()),
                  fmt::format("{} of \"{}\" serves now, but", version_name(*target), function));
    }
  }
  return Published{.deployment = std::move(*moved), .version = *target};
}

Result<Published> Publisher::set_secret(std::string_view function, std::string_view secret,
                                        std::optional<std::string> sealed, const Reason& reason) {
  if (Status good = check_name(function); !good) return fail(std::move(good.error()));
  if (Status good = check_reason(reason); !good) return fail(std::move(good.error()));
  if (Status good = check_variable(secret, ""); !good) return fail(std::move(good.error()));
  const Result<Deployment> before = pointer_or_none(store_, function);
  if (!before) {
    return fail(before.error());
  }
  auto secrets = before->secrets;
  const auto removed = std::erase_if(secrets, [secret](const auto& one) { return one.first == secret; });
  if (!sealed && removed == 0) {
    return fail(Code::NotFound, fmt::format("\"{}\" has no secret \"{}\"", function, secret));
  }
  const Reason said = with_default(reason, fmt::format("secret {} {}", secret, sealed ? "set" : "removed"));
  if (sealed) {
    secrets.emplace_back(secret, std::move(*sealed));
    std::ranges::sort(secrets);
  }
  Result<Deployment> moved =
      move_pointer(store_, clock_, *before, {.versions = before->versions, .secrets = std::move(secrets)}, said);
  if (!moved) {
    return fail(std::move(moved.error()));
  }
  const VersionNumber serving = moved->versions.empty() ? 0 : moved->versions.front().version;
  return Published{.deployment = std::move(*moved), .version = serving};
}

Status Publisher::remove(std::string_view function, const Reason& reason) {
  if (Status good = check_name(function); !good) return good;
  if (Status good = check_reason(reason); !good) return good;
  const Result<Deployment> before = pointer_or_none(store_, function);
  if (!before) {
    return fail(before.error());
  }
  const std::string dropped = fmt::format("functions/{}", function);
  const Result<ObjectInfo> component = store_.stat(dropped + ".wasm");
  if (!component && component.error().code != Code::NotFound) {
    return fail(component.error());
  }
  if (before->versions.empty() && !component) {
    return fail(Code::NotFound, fmt::format("\"{}\" is not deployed in {}", function, store_.shown()));
  }
  if (!before->versions.empty()) {
    const Result<Deployment> moved =
        make_current(store_, clock_, *before, {}, with_default(reason, "taken out of service"));
    if (!moved) {
      return fail(moved.error());
    }
  }
  if (component) {
    // Never the code without its settings: they may hold it back.
    for (const std::string_view ending : {".wasm", ".toml"}) {
      if (Status removed = store_.remove(dropped + std::string(ending)); !removed) {
        return removed;
      }
    }
  }
  return {};
}

}  // namespace peko::code
