#include "node/resolver.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/config_text.hpp"
#include "base/text.hpp"

namespace peko::node {

namespace {

std::string remembered_key(std::string_view function) { return fmt::format("resolved/{}", function); }

}  // namespace

Result<code::Object> get_component(code::Store& store, const std::string& key, std::uint64_t bytes_max) {
  code::Object object;
  bool too_large = false;
  const auto take = [&](std::string_view bytes) -> Status {
    too_large = object.bytes.size() + bytes.size() > bytes_max;
    if (too_large) return fail(Code::Invalid, "too large");
    object.bytes += bytes;
    return {};
  };
  Result<std::optional<code::ObjectInfo>> info = store.get(key, take);
  if (too_large) {
    const Result<code::ObjectInfo> whole = store.stat(key);
    return fail(Code::Invalid,
                fmt::format("PEKO-COMPONENT: {} has {}more than the {} that `component_mb` allows: leave out debug "
                            "information (`wasm-tools strip`)",
                            key, whole ? human_bytes(whole->size) + ", " : std::string(), human_bytes(bytes_max)));
  }
  if (!info) return fail(std::move(info.error()));
  object.info = std::move(info->value());
  return object;
}

std::optional<Resolved> Resolver::recall(std::string_view function) {
  if (cache_ == nullptr) return std::nullopt;
  const auto remembered = cache_->recall(store_.shown(), remembered_key(function));
  if (!remembered || !*remembered) return std::nullopt;
  Result<Resolved> resolved = read_resolved((*remembered)->bytes, function, maxima_);
  return resolved ? std::optional(std::move(*resolved)) : std::nullopt;
}

// A cache that cannot be written costs later starts, not this one; whoever keeps code in it says so in the log.
void Resolver::remember(const Resolved& resolved, const std::vector<std::string>& texts) {
  if (cache_ == nullptr) return;
  (void)cache_->remember(store_.shown(), remembered_key(resolved.source.name), resolved.source.etag,
                         write_resolved(resolved, texts));
}

Result<Resolved> Resolver::fetch(const code::CatalogEntry& listed) {
  return listed.kind == code::CatalogEntry::Kind::Deployed ? fetch_deployed(listed) : fetch_dropped(listed);
}

Result<Resolved> Resolver::fetch_deployed(const code::CatalogEntry& listed) {
  Result<code::Object> pointer = get_object(store_, code::pointer_key(listed.name), code::kRecordBytesMax);
  if (!pointer) return fail(std::move(pointer.error()));
  code::CatalogEntry source = listed;
  source.etag = std::move(pointer->info.etag);
  std::vector<std::string> texts{std::move(pointer->bytes)};
  const Result<code::Deployment> deployment = code::read_deployment(texts.front(), listed.name);
  if (!deployment) return fail(deployment.error());
  for (const code::WeightedVersion& version : deployment->versions) {
    Result<code::Object> record =
        get_object(store_, code::version_key(listed.name, version.version), code::kRecordBytesMax);
    if (!record) {
      // The pointer names it, so this is not "removed".
      const Code code = record.error().code == Code::NotFound ? Code::Invalid : record.error().code;
      return fail(code, std::move(record.error().message));
    }
    texts.push_back(std::move(record->bytes));
  }
  Result<Resolved> resolved = resolve_deployed(source, texts, maxima_);
  if (resolved) remember(*resolved, texts);
  return resolved;
}

Result<Resolved> Resolver::fetch_dropped(const code::CatalogEntry& listed) {
  std::string settings;
  const std::string settings_key = "functions/" + listed.name + ".toml";
  if (listed.has_settings) {
    Result<code::Object> object = get_object(store_, settings_key, ConfigText::kBytesMax);
    if (!object) return fail(std::move(object.error()));
    settings = std::move(object->bytes);
  }
  Result<Resolved> resolved =
      resolve_dropped(listed, settings, fmt::format("{}/{}", store_.shown(), settings_key), {}, 0, maxima_);
  if (!resolved) return resolved;
  code::VersionRecord& record = resolved->records.front();
  Result<code::Object> component =
      get_component(store_, "functions/" + listed.name + ".wasm", record.settings.component_bytes_max);
  if (!component) return fail(std::move(component.error()));
  record.component = sha256(component->bytes);
  record.component_size = component->bytes.size();
  if (cache_ != nullptr) (void)cache_->keep_component(record.component, component->bytes);
  remember(*resolved, {settings});
  resolved->component = std::move(component->bytes);
  return resolved;
}

Result<code::VersionRecord> Resolver::fetch_version(std::string_view function, code::VersionNumber number) {
  const Result<code::Object> object = get_object(store_, code::version_key(function, number), code::kRecordBytesMax);
  if (!object) return fail(object.error());
  return code::read_version(object->bytes, function, number, maxima_);
}

}  // namespace peko::node
