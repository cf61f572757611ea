// A version record as text: read_version and write_version.
#include <fmt/format.h>

#include <algorithm>

#include "base/json.hpp"
#include "base/log.hpp"
#include "code/deployment.hpp"
#include "code/json_node.hpp"
#include "code/manifest_values.hpp"
#include "keyvalue/check.hpp"

namespace peko::code {
namespace {

constexpr std::uint64_t kFormat = 1;
constexpr std::size_t kNameMax = 63;
constexpr std::size_t kWordMax = 1024;  // routes and origins
constexpr std::uint64_t kIdleSecondsMax = 86'400;
/// The field that says what the code is.
constexpr std::string_view kComponent = "component";
constexpr std::string_view kScript = "script";
constexpr std::string_view kAssets = "assets";
/// The optional field of a script.
constexpr std::string_view kSourceMap = "source_map";

/// As manifests have them: each checked and brought to its form, none twice.
template <typename Word>
std::vector<Word> read_words(const JsonNode& node, std::size_t most, Result<Word> (*check)(std::string_view)) {
  std::vector<Word> words;
  for (const JsonNode& item : node.items(most)) {
    Result<Word> word = check(item.text(kWordMax));
    if (!word) {
      item.reject(Code::Invalid, word.error().message);
    } else if (std::ranges::find(words, *word) != words.end()) {
      item.reject(Code::Invalid, "stands there twice");
    } else {
      words.push_back(std::move(*word));
    }
  }
  return words;
}

std::vector<std::pair<std::string, std::string>> read_environment(const JsonNode& node) {
  std::vector<std::pair<std::string, std::string>> environment;
  std::size_t bytes = 0;
  for (const auto& [name, value] : node.members(kEnvironmentBytesMax)) {
    std::string text = value.text(kEnvironmentBytesMax);
    if (Status good = check_variable(name, text); !good) {
      value.reject(Code::Invalid, good.error().message);
    }
    bytes += name.size() + text.size();
    environment.emplace_back(name, std::move(text));
  }
  if (bytes > kEnvironmentBytesMax) {
    node.reject(Code::Invalid, fmt::format("has {} bytes, at most {} are allowed", bytes, kEnvironmentBytesMax));
  }
  std::ranges::sort(environment);
  return environment;
}

/// A limit that an older Peko did not know has its default.
void read_limits(const JsonNode& node, const LimitsMax& maxima, Function& function) {
  for (const auto& [key, value] : node.members(kLimitCount * 10)) {
    const auto row = std::ranges::find(limit_table(), key, &LimitRow::key);
    if (row == limit_table().end()) {
      value.reject(Code::Unsupported,
                   "this Peko does not know this limit: a newer one may have written it, update this one");
      continue;
    }
    const std::uint64_t given = value.integer(row->low, row->high);
    row->set(function, maxima.permits(row->limit, given) ? given : maxima.of(row->limit));
  }
}

Function read_settings(const JsonNode& node, const LimitsMax& maxima) {
  node.only({"routes", "env", "limits", "allow", "stores", "reuse", "idle_seconds"});
  Function function = function_within(maxima);
  function.routes = read_words(node.field("routes"), kRoutesMax, route);
  function.environment = read_environment(node.field("env"));
  read_limits(node.field("limits"), maxima, function);
  function.outbound_allow = read_words(node.field("allow"), kOriginsMax, engine::OriginPattern::parse);
  if (node.has("stores")) {  // records of older versions have none
    function.stores = read_words(node.field("stores"), keyvalue::kStoresMax, store_name);
  }
  const std::string reuse = node.field("reuse").text(kWordMax);
  if (reuse != "auto" && reuse != "never") {
    node.field("reuse").reject(Code::Invalid, "must be \"auto\" or \"never\"");
  }
  function.reuse = reuse == "never" ? Reuse::Never : Reuse::Auto;
  function.idle = std::chrono::seconds(node.field("idle_seconds").integer(1, kIdleSecondsMax));
  return function;
}

CodeKind kind_of(const JsonNode& root) {
  if (root.has(kScript)) return CodeKind::Script;
  return root.has(kAssets) && !root.has(kComponent) ? CodeKind::None : CodeKind::Component;
}

AssetsRecord read_assets(const JsonNode& node) {
  node.only({"sha256", "bytes", "files", "files_bytes"});
  return {.index = {.hash = node.field("sha256").digest(), .size = node.field("bytes").integer(1, kAssetIndexBytesMax)},
          .files = static_cast<std::size_t>(node.field("files").integer(0, kAssetFilesMax)),
          .bytes = node.field("files_bytes").integer(0, kAssetsBytesMax)};
}

template <typename Texts>
void write_texts(JsonWriter& json, const Texts& texts) {
  json.begin_array();
  for (const auto& text : texts) {
    json.value(text);
  }
  json.end_array();
}

void write_settings(JsonWriter& json, const Function& settings) {
  json.begin_object().key("routes");
  write_texts(json, settings.routes);
  json.key("env").begin_object();
  for (const auto& [name, value] : settings.environment) {
    json.key(name).value(value);
  }
  json.end_object().key("limits").begin_object();
  for (const LimitRow& row : limit_table()) {
    json.key(row.key).value(row.get(settings));
  }
  json.end_object().key("allow");
  std::vector<std::string> allow;
  std::ranges::transform(settings.outbound_allow, std::back_inserter(allow), &engine::OriginPattern::text);
  write_texts(json, allow);
  if (!settings.stores.empty()) {
    json.key("stores");
    write_texts(json, settings.stores);
  }
  json.key("reuse").value(settings.reuse == Reuse::Never ? "never" : "auto");
  json.key("idle_seconds").value(settings.idle.count());
  json.end_object();
}

}  // namespace

Result<VersionRecord> read_version(std::string_view json, std::string_view name, VersionNumber number,
                                   const LimitsMax& maxima) {
  const std::string key = version_key(name, number);
  if (json.size() > kRecordBytesMax) {
    return fail(Code::Invalid, fmt::format("{}: it has more than {} bytes", key, kRecordBytesMax));
  }
  Result<JsonText> text = JsonText::parse(json);
  if (!text) {
    return fail(std::move(text.error()), key);
  }
  const JsonNode root = text->root();
  root.format(kFormat);
  const CodeKind kind = kind_of(root);
  const std::string_view code_field = kind == CodeKind::Script ? kScript : kComponent;
  root.only({"format", "function", "number", code_field, kAssets, "created", "author", "message", "settings"});
  VersionRecord version{.settings = read_settings(root.field("settings"), maxima),
                        .number = static_cast<VersionNumber>(root.field("number").integer(1, kVersionMax)),
                        .kind = kind,
                        .created = root.field("created").time(),
                        .author = root.field("author").text(kAuthorBytesMax),
                        .message = root.field("message").text(kMessageBytesMax)};
  if (kind != CodeKind::None) {
    const JsonNode component = root.field(code_field);
    kind == CodeKind::Script ? component.only({"sha256", "bytes", kSourceMap}) : component.only({"sha256", "bytes"});
    version.component = component.field("sha256").digest();
    version.component_size = component.field("bytes").integer(1, kComponentBytesMax);
    if (component.has(kSourceMap)) version.source_map = component.field(kSourceMap).digest();
  }
  if (root.has(kAssets)) version.assets = read_assets(root.field(kAssets));
  version.settings.name = root.field("function").text(kNameMax);
  if (version.settings.name != name) {
    root.field("function").reject(Code::Invalid, fmt::format("must be \"{}\", as the key says", name));
  }
  if (version.number != number) {
    root.field("number").reject(Code::Invalid, fmt::format("must be {}, as the key says", number));
  }
  if (Status good = text->finish(); !good) {
    return fail(std::move(good.error()), key);
  }
  return version;
}

std::string write_version(const VersionRecord& version) {
  std::string created;
  append_timestamp(created, version.created);
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  json.key("format").value(kFormat).key("function").value(version.settings.name).key("number").value(version.number);
  if (version.kind != CodeKind::None) {
    json.key(version.kind == CodeKind::Script ? kScript : kComponent).begin_object();
    json.key("sha256").value(hex(version.component)).key("bytes").value(version.component_size);
    if (version.source_map) json.key(kSourceMap).value(hex(*version.source_map));
    json.end_object();
  }
  if (version.assets) {
    json.key(kAssets).begin_object().key("sha256").value(hex(version.assets->index.hash));
    json.key("bytes").value(version.assets->index.size).key("files").value(version.assets->files);
    json.key("files_bytes").value(version.assets->bytes).end_object();
  }
  json.key("created").value(created).key("author").value(version.author).key("message").value(version.message);
  json.key("settings");
  write_settings(json, version.settings);
  json.end_object();
  text += '\n';
  return text;
}

}  // namespace peko::code
