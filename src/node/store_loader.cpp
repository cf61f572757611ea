#include "node/store_loader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/file.hpp"
#include "code/component_check.hpp"
#include "code/component_file.hpp"
#include "code/source_map.hpp"
#include "engine/script_engine.hpp"

namespace peko::node {

namespace {

using code::CatalogEntry;

std::unexpected<Obstacle> needs(Obstacle::Kind kind) { return std::unexpected(Obstacle{.kind = kind}); }
std::unexpected<Obstacle> failed(Error error) {
  return std::unexpected(Obstacle{.kind = Obstacle::Kind::Failed, .error = std::move(error)});
}

// A compiler that was killed or could not be run is this machine's trouble, not the store's.
std::unexpected<Obstacle> not_compiled(Error error) {
  if (is_outage(error.code)) error.code = Code::Overloaded;
  return failed(std::move(error));
}

// The version that serves already and is the same; null: there is none. Numbers are immutable, but not for ever: a
// function that is removed and collected begins anew.
StoreLoader::Version same_version(const StoreLoader::Loaded& serving, const code::VersionRecord& record,
                                  const code::Deployment& deployment) {
  if (serving == nullptr || serving->deployed == nullptr || record.number == 0) return nullptr;
  if (serving->secrets != deployment.secrets) return nullptr;
  for (const edge::Deployed::Weighted& weighted : serving->deployed->versions) {
    const pool::Version& version = *weighted.version;
    if (version.number == record.number && version.component_hash == record.component) return weighted.version;
  }
  return nullptr;
}

}  // namespace

bool is_outage(Code code) { return code == Code::Unavailable || code == Code::Deadline || code == Code::Denied; }

std::unexpected<Obstacle> StoreLoader::refuse(Refused what, Error error) {
  parts_.stats.count_refused(what);
  return failed(std::move(error));
}

std::expected<Resolved, Obstacle> StoreLoader::resolve(const CatalogEntry& listed, const Loaded& serving, Reach reach) {
  std::optional<Resolved> remembered = resolver_.recall(listed.name);
  if (remembered && remembered->source.kind == listed.kind && remembered->source.etag == listed.etag) {
    return std::move(*remembered);
  }
  const bool better_than_nothing = remembered && serving == nullptr;
  if (reach == Reach::Cache) {
    if (better_than_nothing && !parts_.stats.up()) return std::move(*remembered);
    return needs(Obstacle::Kind::NeedsStore);
  }
  Result<Resolved> fetched = resolver_.fetch(listed);
  if (fetched) return std::move(*fetched);
  if (!is_outage(fetched.error().code)) {
    const bool removed = fetched.error().code == Code::NotFound;
    return removed ? failed(std::move(fetched.error())) : refuse(Refused::Record, std::move(fetched.error()));
  }
  if (!better_than_nothing) return failed(std::move(fetched.error()));
  parts_.log.write(
      LogLevel::Warn,
      fmt::format("function {}: the store does not tell what is deployed now ({}); serving what was last known",
                  listed.name, fetched.error().message));
  return std::move(*remembered);
}

Result<StoreLoader::Environment> StoreLoader::environment_of(const code::VersionRecord& record,
                                                             const code::Deployment& deployment) {
  Environment environment = record.settings.environment;
  for (const auto& [name, sealed] : deployment.secrets) {
    const std::string what = fmt::format("the secret {} of {}", name, deployment.function);
    if (parts_.key == nullptr) {
      return fail(Code::Denied, what + " cannot be opened: this node has no key (the log says why since its start)");
    }
    Result<std::string> value = parts_.key->unseal(deployment.function, name, sealed);
    if (!value) return fail(std::move(value.error()), what);
    std::erase_if(environment, [&](const auto& variable) { return variable.first == name; });
    environment.emplace_back(name, std::move(*value));
  }
  return environment;
}

Result<std::string> StoreLoader::fetch_code(code::CodeKind kind, const Digest& hash, std::uint64_t size) {
  const std::string key = code::code_key(kind, hash);
  Result<code::Object> object = get_component(parts_.store, key, size);
  if (!object && object.error().code == Code::NotFound) {
    return fail(Code::Invalid, fmt::format("{} is missing in {}, and a version needs it: deploy that version again",
                                           key, parts_.store.shown()));
  }
  if (!object && object.error().code != Code::Invalid) return fail(std::move(object.error()));
  if (!object || sha256(object->bytes) != hash) {
    parts_.stats.count_refused(Refused::Component);
    return fail(
        Code::Invalid,
        fmt::format("{} in {} was changed after it was written: its bytes do not have the hash that it is named "
                    "by. It is not used. Find out who can write there; deploy the version again",
                    key, parts_.store.shown()));
  }
  if (parts_.cache != nullptr) (void)parts_.cache->keep_component(hash, object->bytes);
  return std::move(object->bytes);
}

Result<std::string> StoreLoader::component_bytes(const code::VersionRecord& record, Reach reach) {
  if (parts_.cache != nullptr) {
    Result<std::optional<std::string>> kept = parts_.cache->component(record.component);
    if (kept && *kept) return std::move(**kept);
  }
  if (reach == Reach::Cache) return fail(Code::NotFound, "not in the local cache");
  if (record.number != 0) return fetch_code(record.kind, record.component, record.component_size);
  // A dropped component that the local cache has lost meanwhile.
  const std::string key = "functions/" + record.settings.name + ".wasm";
  Result<code::Object> object = get_component(parts_.store, key, record.settings.component_bytes_max);
  if (!object) return fail(std::move(object.error()));
  if (sha256(object->bytes) != record.component) return fail(Code::Unavailable, key + " is just being replaced");
  return std::move(object->bytes);
}

Result<ComponentLoader::Linked> StoreLoader::from_store(const ComponentLoader::Wanted& wanted) {
  if (parts_.key == nullptr) return nullptr;
  const std::string& engine = parts_.runtime.id();
  const std::string key = code::artifact_key(engine, wanted.hash);
  const Result<code::Object> object = get_object(parts_.store, key, kArtifactBytesMax);
  if (!object) return nullptr;  // there is none, or the component will tell what is wrong with the store
  const Result<std::string_view> artifact = parts_.key->without_signature(engine, wanted.hash, object->bytes);
  if (!artifact) {
    parts_.stats.count_refused(Refused::Artifact);
    parts_.log.write(
        LogLevel::Error,
        fmt::format(
            "function {}: {} in {} is refused and compiled here instead: {}. Either who deployed it has another "
            "key (give all nodes and deployers the same key_file), or somebody has changed it",
            wanted.function, key, parts_.store.shown(), artifact.error().message));
    return nullptr;
  }
  Result<ComponentLoader::Linked> linked = parts_.components.link(wanted, *artifact);
  if (linked || linked.error().code == Code::Unsupported) return linked;
  parts_.log.write(LogLevel::Warn, fmt::format("function {}: {} does not load ({}); compiling it here", wanted.function,
                                               key, linked.error().message));
  return nullptr;
}

std::expected<ComponentLoader::Loaded, Obstacle> StoreLoader::link_script(const code::VersionRecord& record,
                                                                          const ComponentLoader::Wanted& wanted,
                                                                          Reach reach) {
  const Result<std::string> bundle = component_bytes(record, reach);
  if (!bundle && reach == Reach::Cache) return needs(Obstacle::Kind::NeedsStore);
  if (!bundle) return failed(bundle.error());
  std::expected<ComponentLoader::Loaded, Obstacle> engine = script_engine(reach);
  if (!engine) return engine;
  Result<ComponentLoader::Linked> script = parts_.components.script(*engine->component, wanted, *bundle);
  if (!script) return failed(std::move(script.error()));
  return ComponentLoader::Loaded{std::move(*script), engine->from};
}

std::expected<ComponentLoader::Loaded, Obstacle> StoreLoader::script_engine(Reach reach) {
  using Loaded = ComponentLoader::Loaded;
  Result<Loaded> engine = [&]() -> Result<Loaded> {
    if (reach == Reach::Compiler) return parts_.components.compile_script_engine();
    if (reach == Reach::Store && parts_.stats.up()) {
      return parts_.components.fetch_script_engine(
          [this](const ComponentLoader::Wanted& wanted) { return from_store(wanted); });
    }
    Result<ComponentLoader::Linked> kept = parts_.components.script_engine();
    if (!kept) return fail(std::move(kept.error()));
    return Loaded{std::move(*kept), From::Cache};
  }();
  if (!engine) return not_compiled(std::move(engine.error()));
  if (engine->component) return std::move(*engine);
  const bool ask = reach == Reach::Cache && parts_.stats.up();
  return needs(ask ? Obstacle::Kind::NeedsStore : Obstacle::Kind::NeedsCompiler);
}

void StoreLoader::prepare_script_engine() {
  const Result<code::ObjectPage> scripts = parts_.store.list("scripts/", "", 1);
  if (!scripts || scripts->objects.empty()) return;  // whoever loads a script tells what is wrong with the store
  auto engine = script_engine(Reach::Store);
  if (!engine && engine.error().kind == Obstacle::Kind::NeedsCompiler) engine = script_engine(Reach::Compiler);
  if (engine && engine->from == From::Compiler) share_artifact(engine::script_engine_hash());
}

Result<std::string> StoreLoader::source_map(const Digest& hash) {
  if (hash == Digest{}) return fail(Code::NotFound, "the script was deployed without its source map");
  if (parts_.cache != nullptr) {
    Result<std::optional<std::string>> kept = parts_.cache->component(hash);
    if (kept && *kept) return std::move(**kept);
  }
  const std::string key = code::source_map_key(hash);
  Result<code::Object> object = get_object(parts_.store, key, code::kSourceMapBytesMax);
  if (!object) return fail(std::move(object.error()));
  if (sha256(object->bytes) != hash) return fail(Code::Invalid, key + " was changed after it was written");
  if (parts_.cache != nullptr) (void)parts_.cache->keep_component(hash, object->bytes);
  return std::move(object->bytes);
}

std::expected<std::shared_ptr<const code::Assets>, Obstacle> StoreLoader::assets_of(const code::VersionRecord& record,
                                                                                    Reach reach) {
  if (!record.assets) return nullptr;
  Result<std::shared_ptr<const code::Assets>> assets =
      assets_->open(*record.assets, record.settings.asset_bytes_max, reach);
  if (assets) return std::move(*assets);
  if (reach == Reach::Cache && assets.error().code == Code::NotFound) return needs(Obstacle::Kind::NeedsStore);
  return failed(std::move(assets.error()));
}

std::expected<StoreLoader::Linked, Obstacle> StoreLoader::link(const code::VersionRecord& record,
                                                               const code::Deployment& deployment,
                                                               std::string component, Reach reach) {
  const std::expected<std::shared_ptr<const code::Assets>, Obstacle> assets = assets_of(record, reach);
  if (!assets) return std::unexpected(assets.error());
  const Result<Environment> environment = environment_of(record, deployment);
  if (!environment) return refuse(Refused::Secret, environment.error());
  const ComponentLoader::Wanted wanted{
      .function = record.settings.name, .hash = record.component, .environment = *environment};
  const auto made = [&](ComponentLoader::Linked linked, From from) {
    pool::Version version = make_version(record.settings, std::move(linked), "", record.component);
    version.number = record.number;
    version.assets = *assets;
    version.kind = record.kind;
    if (record.source_map) version.source_map = *record.source_map;
    if (parts_.cache != nullptr) version.component_file = parts_.cache->component_file(record.component);
    return Linked{std::make_shared<const pool::Version>(std::move(version)), from};
  };
  if (record.kind == code::CodeKind::None) return made(nullptr, From::Cache);
  if (record.kind == code::CodeKind::Script) {
    const std::expected<ComponentLoader::Loaded, Obstacle> script = link_script(record, wanted, reach);
    if (!script) return std::unexpected(script.error());
    return made(script->component, script->from);
  }
  Result<ComponentLoader::Linked> linked = nullptr;
  if (reach != Reach::Compiler) linked = parts_.components.cached(wanted);  // then compile() looks again
  if (!linked) return failed(std::move(linked.error()));
  if (*linked) return made(std::move(*linked), From::Cache);
  // A dropped component has no artifact in the store; before Reach::Compiler the store was asked.
  const bool ask = record.number != 0 && parts_.stats.up() && reach != Reach::Compiler;
  if (ask && reach == Reach::Cache) return needs(Obstacle::Kind::NeedsStore);
  if (ask) {
    linked = from_store(wanted);
    if (!linked) return failed(std::move(linked.error()));
    if (*linked) return made(std::move(*linked), From::Store);
  }
  if (component.empty()) {
    Result<std::string> bytes = component_bytes(record, reach);
    if (!bytes && reach == Reach::Cache) return needs(Obstacle::Kind::NeedsStore);
    if (!bytes) return failed(std::move(bytes.error()));
    component = std::move(*bytes);
  }
  const std::string file = fmt::format(
      "{}/{}", parts_.store.shown(),
      record.number == 0 ? "functions/" + record.settings.name + ".wasm" : code::component_key(record.component));
  if (Status is_component = code::check_component(component, file); !is_component) {
    return failed(std::move(is_component.error()));
  }
  if (Status fits = code::check_surface(component, file); !fits) return failed(std::move(fits.error()));
  if (reach != Reach::Compiler) return needs(Obstacle::Kind::NeedsCompiler);
  Result<ComponentLoader::Loaded> compiled = parts_.components.compile(wanted, component, file);
  if (!compiled) {
    return not_compiled(std::move(compiled.error()));
  }
  return made(std::move(compiled->component), compiled->from);
}

std::expected<StoreLoader::Loaded, Obstacle> StoreLoader::load(const CatalogEntry& listed, const Loaded& serving,
                                                               Reach reach) {
  std::expected<Resolved, Obstacle> resolved = resolve(listed, serving, reach);
  if (!resolved) return std::unexpected(std::move(resolved.error()));
  const auto begin = std::chrono::steady_clock::now();
  auto loaded = std::make_shared<LoadedFunction>();
  auto deployed = std::make_shared<edge::Deployed>();
  for (std::size_t i = 0; i < resolved->records.size(); ++i) {
    const code::VersionRecord& record = resolved->records[i];
    std::shared_ptr<const pool::Version> version = same_version(serving, record, resolved->deployment);
    if (version == nullptr) {
      std::expected<Linked, Obstacle> linked =
          link(record, resolved->deployment, std::exchange(resolved->component, {}), reach);
      if (!linked) return std::unexpected(std::move(linked.error()));
      version = std::move(linked->version);
      loaded->from = std::max(loaded->from, linked->from);
    }
    deployed->versions.push_back({.version = std::move(version), .weight = resolved->deployment.versions[i].weight});
    for (const std::string& route : record.settings.routes) loaded->routes.push_back(route);
  }
  deployed->load = std::chrono::steady_clock::now() - begin;
  loaded->source = std::move(resolved->source);
  loaded->revision = resolved->deployment.revision;
  loaded->secrets = std::move(resolved->deployment.secrets);
  if (!deployed->versions.empty()) loaded->deployed = std::move(deployed);
  return loaded;
}

std::expected<StoreLoader::Version, Obstacle> StoreLoader::load_version(const CatalogEntry& listed,
                                                                        const Loaded& serving,
                                                                        code::VersionNumber number, Reach reach) {
  std::expected<Resolved, Obstacle> resolved = resolve(listed, serving, reach);
  if (!resolved) return std::unexpected(std::move(resolved.error()));
  const auto current = std::ranges::find(resolved->records, number, &code::VersionRecord::number);
  const bool serves = current != resolved->records.end();
  if (!serves && reach == Reach::Cache) return needs(Obstacle::Kind::NeedsStore);
  Result<code::VersionRecord> record =
      serves ? Result<code::VersionRecord>(*current) : resolver_.fetch_version(listed.name, number);
  if (!record) return failed(std::move(record.error()));
  if (auto same = same_version(serving, *record, resolved->deployment)) return same;
  std::expected<Linked, Obstacle> linked = link(*record, resolved->deployment, {}, reach);
  if (!linked) return std::unexpected(std::move(linked.error()));
  return std::move(linked->version);
}

void StoreLoader::afterwards(const LoadedFunction& loaded) {
  if (parts_.cache == nullptr || loaded.revision == 0 || loaded.deployed == nullptr) return;
  for (const edge::Deployed::Weighted& weighted : loaded.deployed->versions) {
    const pool::Version& version = *weighted.version;
    if (!version.component) continue;  // it has assets alone
    const bool is_script = version.kind == code::CodeKind::Script;
    const Digest& compiled = is_script ? engine::script_engine_hash() : version.component_hash;
    if (loaded.from == From::Compiler) share_artifact(compiled);
    if (loaded.from == From::Store && !is_script) keep_component(version);
  }
}

void StoreLoader::share_artifact(const Digest& component) {
  if (parts_.cache == nullptr || parts_.share == StoreLoaderParts::Share::No || !may_share_) return;
  const std::string& engine = parts_.runtime.id();
  const Result<std::optional<code::VerifiedArtifact>> artifact = parts_.cache->artifact(engine, component);
  if (!artifact || !*artifact) return;
  const Result<std::string> bytes = read_file((*artifact)->path(), kArtifactBytesMax);  // its signature is at its end
  if (!bytes) return;
  const Result<code::ObjectInfo> put =
      put_object(parts_.store, code::artifact_key(engine, component), *bytes, code::PutIf::absent());
  if (put || put.error().code != Code::Denied || !may_share_.exchange(false)) return;
  parts_.log.write(LogLevel::Info, fmt::format("this node may not write to {}, so that each node compiles for itself "
                                               "what `peko deploy` has not compiled: {}",
                                               parts_.store.shown(), put.error().message));
}

// Not needed to serve: traps are told with source lines by it, and another engine compiles from it.
void StoreLoader::keep_component(const pool::Version& version) {
  if (const auto kept = parts_.cache->component(version.component_hash); kept && *kept) return;
  const Result<std::string> fetched =
      fetch_code(code::CodeKind::Component, version.component_hash, code::kComponentBytesMax);
  if (fetched || is_outage(fetched.error().code)) return;
  parts_.log.write(LogLevel::Error, fmt::format("function {} serves by its signed artifact, but {}", version.function,
                                                fetched.error().message));
}

}  // namespace peko::node
