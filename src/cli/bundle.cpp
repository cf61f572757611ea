#include "cli/bundle.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <fstream>
#include <optional>
#include <system_error>

#include "base/file.hpp"
#include "base/text.hpp"
#include "cli/build_process.hpp"
#include "code/paths.hpp"
#include "code/script_file.hpp"
#include "doctor/esbuild.hpp"

namespace peko::cli {
namespace {

namespace fs = std::filesystem;

#if defined(__aarch64__)
constexpr std::string_view kEsbuildPackage = "linux-arm64";
#else
constexpr std::string_view kEsbuildPackage = "linux-x64";
#endif

/// What esbuild writes about a bundle, beside it.
constexpr std::string_view kInputsEnding = ".inputs.json";
constexpr std::size_t kInputsBytesMax = std::size_t{16} << 20U;

/// The program itself, where npm has left a script of Node.js that starts it: that takes as long as bundling.
fs::path esbuild_itself(const fs::path& program) {
  std::error_code error;
  const fs::path modules = fs::canonical(program, error).parent_path().parent_path().parent_path();
  fs::path itself = modules / "@esbuild" / kEsbuildPackage / "bin/esbuild";
  return !error && ::access(itself.c_str(), X_OK) == 0 ? itself : program;
}

/// The folder of bundles, which is nobody's source.
Status make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error && !fs::exists(folder / ".gitignore", error) && !error) std::ofstream(folder / ".gitignore") << "*\n";
  if (!error) return {};
  return fail(Code::Denied, fmt::format("the folder {} cannot be made: {}", code::shown(folder), error.message()));
}

}  // namespace

std::filesystem::path project_folder(const code::Function& function) {
  const fs::path& file = !function.manifest.empty() ? function.manifest
                         : !function.script.empty() ? function.script
                                                    : function.component;
  return file.parent_path();
}

Result<BuildPlan> bundle_plan(const code::Function& function, const Environment& environment) {
  const std::string script = code::shown(function.script);
  std::error_code error;
  if (!fs::is_regular_file(function.script, error)) {
    return fail(Code::NotFound, fmt::format("{} does not exist: correct the path", script));
  }
  const auto variable = environment.find("PATH");
  const std::string path = variable == environment.end() ? "" : variable->second;
  const std::optional<fs::path> esbuild = doctor::find_esbuild(function.script.parent_path(), path);
  if (!esbuild) {
    return fail(Code::NotFound, fmt::format("esbuild, which bundles {}, is not installed: {}", script,
                                            doctor::esbuild_advice(function.script.parent_path(), path)));
  }
  const fs::path out = code::bundle_file(function);
  if (Status made = make_folder(out.parent_path()); !made) return fail(std::move(made.error()));
  // The loader's own text stands before the first line (js/engine/script.ts): the banner keeps the script's off it.
  // NODE_ENV is what libraries look at to leave their checks out; `peko dev` runs what serves.
  const std::string command = fmt::format(
      "{} {} --bundle --format=esm --target=es2022 --platform=neutral --main-fields=module,main "
      "--conditions=import,worker,browser --define:process.env.NODE_ENV='\"production\"' --legal-comments=none "
      "--sourcemap=external --log-level=warning --banner:js='// Made by peko' --outfile={} --metafile={}",
      shell_word(esbuild_itself(*esbuild).string()), shell_word(function.script.string()), shell_word(out.string()),
      shell_word(out.string().append(kInputsEnding)));
  return BuildPlan{.command = command, .folder = project_folder(function)};
}

Status bundle(const code::Function& function, const Context& context) {
  Result<BuildPlan> plan = bundle_plan(function, context.environment);
  if (!plan) return fail(std::move(plan.error()));
  plan->output = plan->errors = context.err.descriptor();
  Status done = run_build(*plan);
  if (done || done.error().code != Code::Invalid) return done;
  return fail(done.error().code, fmt::format("{} cannot be bundled: see above", code::shown(function.script)));
}

std::vector<fs::path> bundle_inputs(const code::Function& function) {
  const Result<std::string> text =
      read_file(code::bundle_file(function).string().append(kInputsEnding), kInputsBytesMax);
  if (!text) return {};
  boost::system::error_code error;
  const boost::json::value about = boost::json::parse(*text, error);
  const boost::json::object* const root = error ? nullptr : about.if_object();
  const boost::json::value* const inputs = root == nullptr ? nullptr : root->if_contains("inputs");
  std::vector<fs::path> files;
  if (inputs == nullptr || !inputs->is_object()) return files;
  for (const auto& [name, details] : inputs->get_object()) {
    // Some names are no files: "(disabled):fs", "<define:...>".
    fs::path file = (project_folder(function) / std::string_view(name)).lexically_normal();
    if (std::error_code ignored; fs::is_regular_file(file, ignored)) files.push_back(std::move(file));
  }
  return files;
}

}  // namespace peko::cli
