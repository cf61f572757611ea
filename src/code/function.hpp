/// What a function is before it runs: its name, the file of its code and its settings.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "engine/limits.hpp"
#include "engine/origin.hpp"

namespace peko::code {

/// `component_mb`, its default and its maximum: the size of a component.
inline constexpr std::uint64_t kComponentBytesMax = 100ULL << 20;

/// `asset_mb`, `assets_mb`, their defaults.
inline constexpr std::uint64_t kAssetBytesDefault = 25ULL << 20;
inline constexpr std::uint64_t kAssetsBytesDefault = 1ULL << 30;
/// `asset_files`, its default and its maximum: as many as Cloudflare Pages allows.
inline constexpr std::uint64_t kAssetFilesMax = 20'000;

/// What the code of a function is; None: it has nothing but assets.
enum class CodeKind : std::uint8_t { Component, Script, None };

enum class Reuse { Auto, Never };

/// Read from a manifest (manifest.hpp), or all defaults for a bare component.
struct Function {
  std::string name;                                ///< [a-z0-9-], 1 to 63, no '-' at either end: a DNS label
  std::filesystem::path component;                 ///< absolute; empty: it is a script
  std::filesystem::path script;                    ///< absolute: its source (script_file.hpp); empty: a component
  std::filesystem::path assets;                    ///< absolute: the folder of its static files; empty: none
  std::filesystem::path manifest;                  ///< where the settings came from; empty: defaults
  std::string build_command;                       ///< as the manifest says, for messages; may be empty
  std::vector<std::filesystem::path> build_watch;  ///< absolute: what the build reads
  std::vector<std::string> routes;                 ///< "host/path/*" or "host/path"
  std::vector<std::pair<std::string, std::string>> environment;
  engine::Limits limits;
  std::uint64_t component_bytes_max = kComponentBytesMax;  ///< PEKO-COMPONENT
  std::uint64_t asset_bytes_max = kAssetBytesDefault;      ///< PEKO-ASSETS: of one file
  std::uint64_t assets_bytes_max = kAssetsBytesDefault;    ///< ... of all
  std::uint64_t asset_files_max = kAssetFilesMax;          ///< ... their number
  std::vector<engine::OriginPattern> outbound_allow;       ///< where it may send requests
  std::vector<std::string> stores;                         ///< key-value stores beside the one that is always there
  Reuse reuse = Reuse::Auto;
  std::chrono::seconds idle{300};

  /// Not when it has nothing but static files.
  [[nodiscard]] bool has_code() const { return !component.empty() || !script.empty(); }
};

}  // namespace peko::code
