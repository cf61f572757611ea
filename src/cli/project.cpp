#include "cli/project.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "cli/build_process.hpp"
#include "code/component_file.hpp"
#include "code/folder.hpp"
#include "code/manifest_values.hpp"
#include "code/paths.hpp"

namespace peko::cli {

Result<code::Function> function_at(const std::filesystem::path& path, std::string_view name,
                                   const code::LimitsMax& maxima) {
  const std::array paths = {path};
  Result<code::Found> found = code::discover_projects(paths, maxima);
  if (!found) return fail(std::move(found.error()));
  if (found->functions.size() + found->problems.size() > 1) {
    std::string names;
    for (const code::Function& function : found->functions) {
      names.append(names.empty() ? "" : ", ").append(code::shown(function.manifest.parent_path()));
    }
    return fail(Code::Invalid, fmt::format("{} holds several projects, name one of them: {}", path.string(), names));
  }
  if (!found->problems.empty()) return fail(std::move(found->problems.front()));
  code::Function function = std::move(found->functions.front());
  if (!name.empty()) {
    if (Status good = code::check_name(name); !good) return fail(std::move(good.error()), "--name");
    function.name = name;
  }
  return function;
}

Status set_variable(code::Function& function, std::string_view assignment) {
  const auto equals = assignment.find('=');
  if (equals == 0 || equals == std::string_view::npos) {
    return fail(Code::Invalid, fmt::format("\"{}\" is not KEY=VALUE", assignment.substr(0, equals)));
  }
  const std::string name(assignment.substr(0, equals));
  const std::string value(assignment.substr(equals + 1));
  if (Status good = code::check_variable(name, value); !good) return good;
  const auto known = std::ranges::find(function.environment, name, [](const auto& entry) { return entry.first; });
  if (known != function.environment.end()) {
    known->second = value;
  } else {
    function.environment.emplace_back(name, value);
  }
  return {};
}

Result<CheckedComponent> check_component_of(const code::Function& function) {
  Result<std::string> bytes = code::read_component(function);
  if (!bytes) return fail(std::move(bytes.error()));
  const std::string file = code::shown(function.component);
  Result<code::ComponentCheck> check = code::inspect_component(*bytes, file);
  if (!check) return fail(std::move(check.error()));
  if (!check->problems.empty()) {
    std::string message = fmt::format("Peko cannot run {}: see `peko check {}`", file, file);
    for (const std::string& problem : check->problems) message.append("\n").append(problem);
    return fail(Code::Unsupported, std::move(message));
  }
  const Digest hash = sha256(*bytes);
  return CheckedComponent{.bytes = std::move(*bytes), .hash = hash, .check = std::move(*check)};
}

Status build_project(const code::Function& function, const CommandLine& line, const Context& context) {
  if (function.build_command.empty()) return {};
  const bool for_programs = line.print_as == PrintAs::Json;
  return run_build({.command = function.build_command,
                    .folder = function.manifest.parent_path(),
                    .output = (for_programs ? context.err : context.out).descriptor(),
                    .errors = context.err.descriptor()});
}

}  // namespace peko::cli
