#include "cli/bundle.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <fstream>
#include <optional>
#include <system_error>

#include "base/text.hpp"
#include "cli/build_process.hpp"
#include "code/paths.hpp"
#include "code/script_file.hpp"

namespace peko::cli {
namespace {

namespace fs = std::filesystem;

std::optional<fs::path> esbuild_for(const fs::path& script, const Environment& environment) {
  const auto runs = [](const fs::path& program) { return ::access(program.c_str(), X_OK) == 0; };
  for (fs::path folder = script.parent_path();; folder = folder.parent_path()) {
    if (fs::path program = folder / "node_modules/.bin/esbuild"; runs(program)) return program;
    if (folder == folder.parent_path()) break;
  }
  const auto path = environment.find("PATH");
  if (path == environment.end()) return std::nullopt;
  for (const std::string_view folder : split(path->second, ':')) {
    if (fs::path program = fs::path(folder) / "esbuild"; !folder.empty() && runs(program)) return program;
  }
  return std::nullopt;
}

/// A word of a command for /bin/sh.
std::string shell_word(std::string_view word) {
  std::string text = "'";
  for (const char c : word) c == '\'' ? text.append("'\\''") : text.append(1, c);
  return text + "'";
}

/// The folder of bundles, which is nobody's source.
Status make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error && !fs::exists(folder / ".gitignore")) std::ofstream(folder / ".gitignore") << "*\n";
  if (!error) return {};
  return fail(Code::Denied, fmt::format("the folder {} cannot be made: {}", code::shown(folder), error.message()));
}

}  // namespace

Status bundle(const code::Function& function, const Context& context) {
  const std::string script = code::shown(function.script);
  std::error_code error;
  if (!fs::is_regular_file(function.script, error)) {
    return fail(Code::NotFound, fmt::format("{} does not exist: correct the path", script));
  }
  const std::optional<fs::path> esbuild = esbuild_for(function.script, context.environment);
  if (!esbuild) {
    return fail(Code::NotFound, fmt::format("esbuild, which bundles {}, is not installed: run `npm install --save-dev "
                                            "esbuild` in {}",
                                            script, code::shown(function.script.parent_path())));
  }
  const fs::path out = code::bundle_file(function);
  if (Status made = make_folder(out.parent_path()); !made) return made;
  // The loader's own text stands before the first line (js/engine/script.ts): the banner keeps the script's off it.
  // NODE_ENV is what libraries look at to leave their checks out; `peko dev` runs what serves.
  const std::string command = fmt::format(
      "{} {} --bundle --format=esm --target=es2022 --platform=neutral --main-fields=module,main "
      "--conditions=import,worker,browser --define:process.env.NODE_ENV='\"production\"' --legal-comments=none "
      "--sourcemap=external --log-level=warning --banner:js='// Made by peko' --outfile={}",
      shell_word(esbuild->string()), shell_word(function.script.string()), shell_word(out.string()));
  const int errors = context.err.descriptor();
  Status done =
      run_build({.command = command, .folder = function.script.parent_path(), .output = errors, .errors = errors});
  if (done || done.error().code != Code::Invalid) return done;
  return fail(done.error().code, fmt::format("{} cannot be bundled: see above", script));
}

}  // namespace peko::cli
