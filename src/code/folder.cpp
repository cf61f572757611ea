#include "code/folder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <system_error>

#include "base/text.hpp"
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

Status add_folder(const fs::path& folder, std::vector<fs::path>& sources) {
  if (has_manifest(folder)) {
    sources.push_back(folder / kManifestName);
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
    sources.push_back(project / kManifestName);
  }
  return {};
}

Status add_file(const fs::path& file, std::vector<fs::path>& sources) {
  if (file.extension() != ".wasm" && !is_script(file) && file.filename() != kManifestName) {
    return fail(Code::Invalid, fmt::format("{} is no function: name a project's folder, a folder of projects, a .wasm "
                                           "file or a script",
                                           shown(file)));
  }
  sources.push_back(file);
  return {};
}

/// "shpo does not exist; did you mean shop?"
std::string absent(const fs::path& given, const fs::path& path) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(path.parent_path(), error), end; !error && entry != end; entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  const auto near = nearest(path.filename().string(), names);
  const std::string way_out = near ? fmt::format("; did you mean {}?", (given.parent_path() / *near).string())
                                   : std::string(": correct the path");
  return fmt::format("{} does not exist{}", given.string(), way_out);
}

}  // namespace

Result<std::vector<fs::path>> project_sources(std::span<const fs::path> paths) {
  std::vector<fs::path> sources;
  for (const fs::path& given : paths) {
    const fs::path path = made_absolute(given);
    std::error_code error;
    const fs::file_status about = fs::status(path, error);
    if (error && about.type() != fs::file_type::not_found) {
      return fail(Code::Denied, fmt::format("{} cannot be opened: {}", given.string(), error.message()));
    }
    if (!fs::exists(about)) {
      return fail(Code::NotFound, absent(given, path));
    }
    std::vector<fs::path> here;
    if (Status added = fs::is_directory(about) ? add_folder(path, here) : add_file(path, here); !added) {
      return fail(std::move(added.error()));
    }
    for (fs::path& source : here) {
      if (std::ranges::find(sources, source) == sources.end()) {
        sources.push_back(std::move(source));
      }
    }
  }
  return sources;
}

Result<Function> read_project(const fs::path& source, const LimitsMax& maxima) {
  return source.filename() == kManifestName ? read_manifest(source, maxima) : bare_file(source, maxima);
}

Status check_unique(std::span<const Function> functions) {
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

Result<Found> discover_projects(std::span<const fs::path> paths, const LimitsMax& maxima) {
  const Result<std::vector<fs::path>> sources = project_sources(paths);
  if (!sources) {
    return fail(sources.error());
  }
  Found found;
  for (const fs::path& source : *sources) {
    keep(found, read_project(source, maxima));
  }
  if (Status unique = check_unique(found.functions); !unique) {
    return fail(std::move(unique.error()));
  }
  return found;
}

}  // namespace peko::code
