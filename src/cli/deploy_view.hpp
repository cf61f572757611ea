/// What a deploy says at its end, to people and to programs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.hpp"
#include "cli/deploy_artifact.hpp"
#include "cli/node_admin.hpp"
#include "cli/settings.hpp"
#include "cli/terminal.hpp"
#include "code/publisher.hpp"

namespace peko::cli {

/// The static files of a project.
struct AssetsFound {
  std::size_t files = 0;
  std::uint64_t bytes = 0;
};

struct DeployReport {
  std::string function;
  code::CodeKind kind = code::CodeKind::Component;
  Digest component{};  ///< or a script's bundle
  std::uint64_t component_bytes = 0;
  bool component_was_there = false;
  std::uint64_t source_map_bytes = 0;  ///< of a script; 0: none is sent
  std::optional<AssetsFound> assets;   ///< nothing: it has none
  ArtifactPlan::Is artifact = ArtifactPlan::Is::NoKey;
  std::string engine_id;
  std::uint64_t artifact_bytes = 0;  ///< to send
  code::Published published;         ///< not of a dry run
  std::vector<Confirmation> nodes;
};

/// "12 files, 3 new, 180 KiB"
std::string shown_assets(const code::AssetsSent& sent);

/// "component", "script": as people and programs are told.
std::string_view word_of(code::CodeKind kind);

/// Whole lines.
std::string dry_run_text(const DeployReport& report);
std::string dry_run_json(const DeployReport& report);
/// What is live where, and how to go back. `same_store`: flags for the commands that it names.
std::string report_text(const Terminal& out, const DeployReport& report, const code::Function& function,
                        const Settings& settings, std::string_view same_store);
std::string report_json(const DeployReport& report);

/// "v12 90 %, v13 10 %"
std::string shown_weights(const std::vector<code::WeightedVersion>& versions);

}  // namespace peko::cli
