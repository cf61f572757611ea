/// esbuild, which bundles scripts: where it is, and how a project gets it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace peko::doctor {

/// esbuild of the project in `folder` or of one above it, else of the machine: in PATH, which is `path`.
std::optional<std::filesystem::path> find_esbuild(const std::filesystem::path& folder, std::string_view path);

/// The nearest folder with a package.json: `folder`, or one above it.
std::optional<std::filesystem::path> package_folder(const std::filesystem::path& folder);

/// What installs it for a project in `folder`: "run `npm ci` in shop". Of the package manager whose lock file is there;
/// when that is not in `path`, also where it comes from.
std::string esbuild_advice(const std::filesystem::path& folder, std::string_view path);

}  // namespace peko::doctor
