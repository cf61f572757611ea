#include "code/folder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <system_error>

#include "code/manifest.hpp"
#include "code/manifest_values.hpp"
#include "code/paths.hpp"
#include "code/script_file.hpp"

namespace peko::code {
namespace {

namespace fs = std::filesystem;

/// The names in a folder that `wanted` accepts, sorted. NotFound, Denied, Unavailable.
template <typename Wanted>
Result<std::vector<fs::path>> entries_of(const fs::path& folder, Wanted wanted) {
  std::vector<fs::path> entries;
  std::error_code error;
  fs::directory_iterator at(folder, error);
  for (; !error && at != fs::directory_iterator(); at.increment(error)) {
    if (wanted(*at)) {
      entries.push_back(at->path());
    }
  }
  if (error) {
    const Code code = error == std::errc::permission_denied ? Code::Denied : Code::Unavailable;
    return fail(code, fmt::format("{} cannot be listed: {}", shown(folder), error.message()));
  }
  std::ranges::sort(entries);
  return entries;
}

/// Where a function was defined, for messages.
std::string source_of(const Function& function) {
  if (!function.manifest.empty()) return shown(function.manifest);
  return shown(function.script.empty() ? function.component : function.script);
}

/// Conflict when two functions have one name or one route.
Status check_unique(const std::vector<Function>& functions) {
  std::map<std::string_view, const Function*> names;
  std::map<std::string_view, const Function*> routes;
  for (const Function& function : functions) {
    if (const auto [other, first] = names.emplace(function.name, &function); !first) {
      return fail(Code::Conflict, fmt::format("two functions have the name \"{}\": {} and {}; rename one",
                                              function.name, source_of(*other->second), source_of(function)));
    }
    for (const std::string& route : function.routes) {
      if (const auto [other, first] = routes.emplace(route, &function); !first) {
        return fail(Code::Conflict, fmt::format("two functions have the route \"{}\": {} and {}; remove it from one",
                                                route, source_of(*other->second), source_of(function)));
      }
    }
  }
  return {};
}

/// All settings are the defaults, within the maxima.
Result<Function> bare_file(const fs::path& file, const LimitsMax& maxima) {
  Result<std::string> name = name_from(file.stem().string());
  if (!name) {
    return fail(std::move(name.error()));
  }
  Function function = function_within(maxima);
  function.name = std::move(*name);
  (is_script(file) ? function.script : function.component) = made_absolute(file);
  return function;
}

void keep(Found& found, Result<Function> function) {
  if (function) {
    found.functions.push_back(std::move(*function));
  } else {
    found.problems.push_back(std::move(function.error()));
  }
}

bool has_manifest(const fs::path& folder) {
  std::error_code ignored;
  return fs::exists(folder / kManifestName, ignored);
}

Status add_folder(const fs::path& folder, const LimitsMax& maxima, Found& found) {
  if (has_manifest(folder)) {
    keep(found, read_manifest(folder / kManifestName, maxima));
    return {};
  }
  const auto projects = entries_of(folder, [](const fs::directory_entry& entry) { return has_manifest(entry.path()); });
  if (!projects) {
    return fail(projects.error());
  }
  if (projects->empty()) {
    return fail(Code::NotFound,
                fmt::format("no function in {}: there is neither {} nor {}; name a project's folder, a folder of "
                            "projects or a .wasm file",
                            shown(folder), shown(folder / kManifestName), shown(folder / "*" / kManifestName)));
  }
  for (const fs::path& project : *projects) {
    keep(found, read_manifest(project / kManifestName, maxima));
  }
  return {};
}

Status add_file(const fs::path& file, const LimitsMax& maxima, Found& found) {
  const std::string extension = file.extension().string();
  if (extension == ".wasm" || is_script(file)) {
    keep(found, bare_file(file, maxima));
    return {};
  }
  if (file.filename() == kManifestName) {
    keep(found, read_manifest(file, maxima));
    return {};
  }
  return fail(Code::Invalid,
              fmt::format("{} is no function: name a project's folder, a folder of projects, a .wasm file or a script",
                          shown(file)));
}

}  // namespace

Result<Found> discover_projects(std::span<const fs::path> paths, const LimitsMax& maxima) {
  Found found;
  for (const fs::path& given : paths) {
    const fs::path path = made_absolute(given);
    std::error_code error;
    const fs::file_status about = fs::status(path, error);
    if (error && about.type() != fs::file_type::not_found) {
      return fail(Code::Denied, fmt::format("{} cannot be opened: {}", given.string(), error.message()));
    }
    if (!fs::exists(about)) {
      return fail(Code::NotFound, fmt::format("{} does not exist", given.string()));
    }
    if (Status added = fs::is_directory(about) ? add_folder(path, maxima, found) : add_file(path, maxima, found);
        !added) {
      return fail(std::move(added.error()));
    }
  }
  if (Status unique = check_unique(found.functions); !unique) {
    return fail(std::move(unique.error()));
  }
  return found;
}

}  // namespace peko::code
