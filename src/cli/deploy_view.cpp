#include "cli/deploy_view.hpp"

#include <fmt/format.h>

#include <numeric>

#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/confirm.hpp"
#include "cli/dev_view.hpp"
#include "code/deployment.hpp"

namespace peko::cli {
namespace {

using Style = Terminal::Style;

constexpr std::string_view kNoKey =
    "  Nodes compile it themselves, once each. To send the machine code along, give --key-file a copy of the nodes' "
    "key\n"
    "  (key_file of a node, by default ~/.cache/peko/key there).\n";

/// Where nodes answer at a name: on this machine with the port that they listen on by default, elsewhere behind
/// whatever stands in front of them. Nodes that read a bucket are elsewhere, also when nobody said what their domain
/// is.
std::string place_of(const std::string& name, const Settings& settings) {
  if (settings.node.domain != "localhost") return name + "." + settings.node.domain;
  return settings.code.starts_with("s3://") ? name + ".<domain of the nodes>"
                                            : url_of(name + ".localhost", settings.node.listen);
}

/// What served before; nothing for the first version.
std::optional<code::VersionNumber> version_before(const DeployReport& report) {
  const auto& history = report.published.deployment.history;
  if (history.size() < 2 || history[1].versions.empty()) return std::nullopt;
  return history[1].versions.front().version;
}

/// The code, whose object stays open for what is known of its way.
void begin_code(JsonWriter& json, const DeployReport& report) {
  json.key(word_of(report.kind)).begin_object().key("sha256").value(hex(report.component));
  json.key("bytes").value(report.component_bytes);
  if (report.kind == code::CodeKind::Script) json.key("source_map_bytes").value(report.source_map_bytes);
}

std::string_view word_of(ArtifactPlan::Is is) {
  switch (is) {
    case ArtifactPlan::Is::There: return "there";
    case ArtifactPlan::Is::Send: return "sent";
    case ArtifactPlan::Is::None: return "none";
    case ArtifactPlan::Is::NoKey: break;
  }
  return "left-to-nodes";
}

}  // namespace

std::string shown_assets(const code::AssetsSent& sent) {
  return fmt::format("{} {}, {} new, {}", sent.files, sent.files == 1 ? "file" : "files", sent.files_new,
                     human_bytes(sent.bytes_sent));
}

std::string_view word_of(code::CodeKind kind) { return kind == code::CodeKind::Script ? "script" : "component"; }

std::string shown_weights(const std::vector<code::WeightedVersion>& versions) {
  const std::uint32_t all = std::accumulate(versions.begin(), versions.end(), std::uint32_t{0},
                                            [](std::uint32_t sum, const auto& entry) { return sum + entry.weight; });
  std::string text;
  for (const code::WeightedVersion& entry : versions) {
    text += fmt::format("{}{} {:.3g} %", text.empty() ? "" : ", ", code::version_name(entry.version),
                        100.0 * entry.weight / all);
  }
  return text;
}

std::string dry_run_text(const DeployReport& report) {
  std::string text = "\n  A dry run: nothing was changed. To send:\n";
  if (report.kind != code::CodeKind::None) {
    text += fmt::format("    {:13} {}\n", word_of(report.kind),
                        report.component_was_there ? "nothing, the store has it" : human_bytes(report.component_bytes));
  }
  if (report.assets) {
    text += fmt::format("    static files  what the store lacks of {}, {}\n", report.assets->files,
                        human_bytes(report.assets->bytes));
  }
  switch (report.artifact) {
    case ArtifactPlan::Is::There: text += "    machine code  nothing, the store has it\n"; break;
    case ArtifactPlan::Is::Send:
      text += fmt::format("    machine code  {}\n", report.kind == code::CodeKind::Script
                                                        ? "the JavaScript engine's, once for all scripts"
                                                        : human_bytes(report.artifact_bytes));
      break;
    case ArtifactPlan::Is::None: break;
    case ArtifactPlan::Is::NoKey: text += std::string("\n").append(kNoKey); break;
  }
  return text;
}

std::string dry_run_json(const DeployReport& report) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().key("ok").value(true).key("dry_run").value(true);
  json.key("function").value(report.function);
  if (report.kind != code::CodeKind::None) {
    begin_code(json, report);
    json.key("sent").value(false).key("there").value(report.component_was_there).end_object();
  }
  if (report.assets) {
    json.key("assets").begin_object().key("files").value(report.assets->files);
    json.key("bytes").value(report.assets->bytes).end_object();
  }
  json.end_object();
  return text + "\n";
}

std::string report_text(const Terminal& out, const DeployReport& report, const code::Function& function,
                        const Settings& settings, std::string_view same_store) {
  const code::Deployment& now = report.published.deployment;
  const std::string version = code::version_name(report.published.version);
  const bool alone = now.versions.size() == 1;
  std::string text = fmt::format("\n  {} is live{}\n", out.styled(Style::Bold, function.name + " " + version),
                                 alone ? "" : ": " + shown_weights(now.versions));
  text += fmt::format("    {}\n", out.styled(Style::Bold, place_of(function.name, settings)));
  for (const std::string& route : function.routes) {
    text += fmt::format("    {}\n", route);
  }
  text += fmt::format(
      "    {}\n", out.styled(Style::Dim, place_of(version + "--" + function.name, settings) + "  only this version"));
  if (report.nodes.empty()) {
    text += out.styled(Style::Dim, "  Nodes look for changes each second; --admin URL waits for them.") + "\n";
  }
  if (report.artifact == ArtifactPlan::Is::NoKey) {
    text += out.styled(Style::Dim, trim(kNoKey)).insert(0, "  ") + "\n";
  }
  if (!alone) {
    text += fmt::format("  All requests to it:  peko rollback {} {}{}\n", function.name, version, same_store);
  }
  if (const auto before = version_before(report)) {
    text += fmt::format("  Back to {}:  peko rollback {} {}{}\n", code::version_name(*before), function.name,
                        code::version_name(*before), same_store);
  }
  return text;
}

std::string report_json(const DeployReport& report) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().key("ok").value(status_of(report.nodes) == kExitOk);
  json.key("function").value(report.function);
  if (report.kind != code::CodeKind::None) {
    begin_code(json, report);
    json.key("sent").value(report.published.component_sent).end_object();
  }
  if (const auto& assets = report.published.assets) {
    json.key("assets").begin_object().key("files").value(assets->files).key("new").value(assets->files_new);
    json.key("bytes_sent").value(assets->bytes_sent).end_object();
  }
  json.key("artifact").begin_object().key("engine").value(report.engine_id);
  json.key("status").value(word_of(report.artifact)).end_object();
  json.key("version").value(code::version_name(report.published.version));
  json.key("revision").value(report.published.deployment.revision);
  json.key("versions").begin_array();
  for (const code::WeightedVersion& entry : report.published.deployment.versions) {
    json.begin_object().key("version").value(code::version_name(entry.version));
    json.key("weight").value(entry.weight).end_object();
  }
  json.end_array();
  append_nodes(json, report.nodes);
  json.end_object();
  return text + "\n";
}

}  // namespace peko::cli
