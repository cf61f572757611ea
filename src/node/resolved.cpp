#include "node/resolved.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <utility>

#include "base/json.hpp"
#include "code/manifest.hpp"

namespace peko::node {
namespace {

using code::CatalogEntry;

std::unexpected<Error> damaged() { return fail(Code::Invalid, "what was remembered of the store is damaged"); }

std::optional<Digest> digest_of(std::string_view text) {
  Digest digest;
  if (text.size() != 2 * digest.size()) return std::nullopt;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    const char* const at = text.data() + 2 * i;
    const auto [end, error] = std::from_chars(at, at + 2, digest[i], 16);
    if (error != std::errc() || end != at + 2) return std::nullopt;
  }
  return hex(digest) == text ? std::optional(digest) : std::nullopt;
}

}  // namespace

std::string write_resolved(const Resolved& resolved, const std::vector<std::string>& texts) {
  const bool dropped = resolved.source.kind == CatalogEntry::Kind::Dropped;
  std::string text;
  JsonWriter json(text);
  json.begin_object().key("etag").value(resolved.source.etag).key("dropped").value(dropped);
  json.key("has_settings").value(resolved.source.has_settings);
  if (dropped) {
    json.key("component").value(hex(resolved.records.front().component));
    json.key("component_size").value(resolved.records.front().component_size);
  }
  json.key("texts").begin_array();
  for (const std::string& each : texts) json.value(each);
  json.end_array().end_object();
  return text;
}

Result<Resolved> read_resolved(std::string_view text, std::string_view function, const code::LimitsMax& maxima) {
  boost::system::error_code error;
  const boost::json::value json = boost::json::parse(text, error);
  if (error || !json.is_object()) return damaged();
  const boost::json::object& object = json.get_object();
  const auto string = [&](std::string_view key) {
    const boost::json::value* const value = object.if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
  };
  const auto truth = [&](std::string_view key) {
    const boost::json::value* const value = object.if_contains(key);
    return value != nullptr && value->is_bool() && value->get_bool();
  };
  const CatalogEntry source{
      .name = std::string(function),
      .kind = truth("dropped") ? CatalogEntry::Kind::Dropped : CatalogEntry::Kind::Deployed,
      .etag = string("etag"),
      .has_settings = truth("has_settings"),
  };
  std::vector<std::string> texts;
  const boost::json::value* const list = object.if_contains("texts");
  if (list == nullptr || !list->is_array()) return damaged();
  for (const boost::json::value& each : list->get_array()) {
    if (!each.is_string()) return damaged();
    texts.emplace_back(each.get_string());
  }
  if (source.kind == CatalogEntry::Kind::Deployed) return resolve_deployed(source, texts, maxima);
  const std::optional<Digest> component = digest_of(string("component"));
  const boost::json::value* const size = object.if_contains("component_size");
  if (!component || texts.size() != 1 || size == nullptr || !size->is_number()) return damaged();
  const auto bytes = size->to_number<std::uint64_t>(error);
  if (error) return damaged();
  return resolve_dropped(source, texts.front(), source.name + ".toml", *component, bytes, maxima);
}

Result<Resolved> resolve_deployed(const CatalogEntry& source, const std::vector<std::string>& texts,
                                  const code::LimitsMax& maxima) {
  if (texts.empty()) return damaged();
  Result<code::Deployment> deployment = code::read_deployment(texts.front(), source.name);
  if (!deployment) return fail(std::move(deployment.error()));
  if (texts.size() != deployment->versions.size() + 1) return damaged();
  Resolved resolved{.source = source, .deployment = std::move(*deployment), .records = {}, .component = {}};
  for (std::size_t i = 0; i < resolved.deployment.versions.size(); ++i) {
    const code::VersionNumber number = resolved.deployment.versions[i].version;
    Result<code::VersionRecord> record = code::read_version(texts[i + 1], source.name, number, maxima);
    if (!record) return fail(std::move(record.error()));
    resolved.records.push_back(std::move(*record));
  }
  return resolved;
}

Result<Resolved> resolve_dropped(const CatalogEntry& source, const std::string& settings, const std::string& file,
                                 const Digest& component, std::uint64_t component_size, const code::LimitsMax& maxima) {
  code::VersionRecord record;
  record.settings = code::function_within(maxima);
  record.settings.name = source.name;
  record.component = component;
  record.component_size = component_size;
  if (!settings.empty()) {
    if (Status read = code::read_store_settings(settings, file, maxima, record.settings); !read) {
      return fail(std::move(read.error()));
    }
  }
  Resolved resolved{.source = source, .deployment = {}, .records = {}, .component = {}};
  resolved.deployment.function = source.name;
  resolved.deployment.versions = {{.version = 0, .weight = 100}};
  resolved.records.push_back(std::move(record));
  return resolved;
}

}  // namespace peko::node
