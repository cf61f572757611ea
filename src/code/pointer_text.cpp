// The pointer as text: read_deployment and write_deployment.
#include <fmt/format.h>

#include <algorithm>

#include "base/json.hpp"
#include "base/log.hpp"
#include "code/deployment.hpp"
#include "code/json_node.hpp"
#include "code/manifest_values.hpp"
#include "code/rollout.hpp"

namespace peko::code {
namespace {

constexpr std::uint64_t kFormat = 1;
constexpr std::uint64_t kRevisionMax = (1ULL << 53U) - 1;  // what every JSON reader keeps exactly
constexpr std::size_t kNameMax = 63;
// A sealed value of 64 KiB in base64, with its nonce and tag.
constexpr std::size_t kSealedBytesMax = 90U << 10U;
constexpr std::size_t kSecretNameMax = 1024;
constexpr std::size_t kChangeDigits = 16;

std::vector<WeightedVersion> read_weights(const JsonNode& node) {
  std::vector<WeightedVersion> versions;
  for (const JsonNode& item : node.items(kVersionsAtOnceMax)) {
    item.only({"version", "weight"});
    const WeightedVersion one{.version = static_cast<VersionNumber>(item.field("version").integer(1, kVersionMax)),
                              .weight = static_cast<std::uint32_t>(item.field("weight").integer(1, 100))};
    if (std::ranges::find(versions, one.version, &WeightedVersion::version) != versions.end()) {
      item.reject(Code::Invalid, "names a version that was named before");
    }
    versions.push_back(one);
  }
  sort_heaviest_first(versions);
  return versions;
}

std::vector<std::pair<std::string, std::string>> read_secrets(const JsonNode& node) {
  std::vector<std::pair<std::string, std::string>> secrets;
  std::size_t bytes = 0;
  for (const auto& [name, value] : node.members(kSecretsMax)) {
    std::string sealed = value.text(kSealedBytesMax);
    Status good = check_variable(name, sealed);
    if (good && name.size() > kSecretNameMax) {
      good = fail(Code::Invalid, "its name is too long");
    }
    if (!good) {
      value.reject(Code::Invalid, good.error().message);
    }
    bytes += name.size() + sealed.size();
    secrets.emplace_back(name, std::move(sealed));
  }
  if (bytes > kSecretsBytesMax) {
    node.reject(Code::Invalid, fmt::format("has {} bytes, at most {} are allowed", bytes, kSecretsBytesMax));
  }
  std::ranges::sort(secrets);
  return secrets;
}

bool is_change(std::string_view text) {
  return text.size() == kChangeDigits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::vector<HistoryEntry> read_history(const JsonNode& node, std::uint64_t revision) {
  std::vector<HistoryEntry> history;
  for (const JsonNode& item : node.items(kHistoryMax)) {
    item.only({"revision", "change", "versions", "at", "author", "message"});
    HistoryEntry entry{.revision = item.field("revision").integer(1, kRevisionMax),
                       .change = item.field("change").text(kChangeDigits),
                       .versions = read_weights(item.field("versions")),
                       .at = item.field("at").time(),
                       .author = item.field("author").text(kAuthorBytesMax),
                       .message = item.field("message").text(kMessageBytesMax)};
    if (!is_change(entry.change)) {
      item.field("change").reject(Code::Invalid, "must be 16 hexadecimal digits");
    }
    if (history.empty() ? entry.revision != revision : entry.revision >= history.back().revision) {
      item.field("revision")
          .reject(Code::Invalid,
                  "the newest entry stands first and has the pointer's own revision, all others "
                  "have smaller ones than the entry before");
    }
    history.push_back(std::move(entry));
  }
  return history;
}

void write_weights(JsonWriter& json, const std::vector<WeightedVersion>& versions) {
  json.begin_array();
  for (const WeightedVersion& one : versions) {
    json.begin_object();
    json.key("version").value(one.version).key("weight").value(one.weight);
    json.end_object();
  }
  json.end_array();
}

}  // namespace

Result<Deployment> read_deployment(std::string_view json, std::string_view name) {
  const std::string key = pointer_key(name);
  if (json.size() > kRecordBytesMax) {
    return fail(Code::Invalid, fmt::format("{}: it has more than {} bytes", key, kRecordBytesMax));
  }
  Result<JsonText> text = JsonText::parse(json);
  if (!text) {
    return fail(std::move(text.error()), key);
  }
  const JsonNode root = text->root();
  root.format(kFormat);
  root.only({"format", "function", "revision", "versions", "secrets", "history"});
  Deployment deployment{.function = root.field("function").text(kNameMax),
                        .revision = root.field("revision").integer(1, kRevisionMax),
                        .versions = read_weights(root.field("versions")),
                        .secrets = read_secrets(root.field("secrets")),
                        .history = {},
                        .etag = {}};
  if (deployment.function != name) {
    root.field("function").reject(Code::Invalid, fmt::format("must be \"{}\", as the key says", name));
  }
  deployment.history = read_history(root.field("history"), deployment.revision);
  if (Status good = text->finish(); !good) {
    return fail(std::move(good.error()), key);
  }
  return deployment;
}

std::string write_deployment(const Deployment& deployment) {
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  json.key("format").value(kFormat).key("function").value(deployment.function);
  json.key("revision").value(deployment.revision);
  write_weights(json.key("versions"), deployment.versions);
  json.key("secrets").begin_object();
  for (const auto& [name, sealed] : deployment.secrets) {
    json.key(name).value(sealed);
  }
  json.end_object();
  json.key("history").begin_array();
  for (const HistoryEntry& entry : deployment.history) {
    std::string at;
    append_timestamp(at, entry.at);
    json.begin_object();
    json.key("revision").value(entry.revision).key("change").value(entry.change);
    write_weights(json.key("versions"), entry.versions);
    json.key("at").value(at).key("author").value(entry.author).key("message").value(entry.message);
    json.end_object();
  }
  json.end_array().end_object();
  text += '\n';
  return text;
}

}  // namespace peko::code
