#include "code/script_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/file.hpp"
#include "code/paths.hpp"

namespace peko::code {

bool is_script(const std::filesystem::path& file) {
  constexpr std::array<std::string_view, 6> kEndings = {".ts", ".mts", ".tsx", ".js", ".mjs", ".jsx"};
  return std::ranges::find(kEndings, file.extension().string()) != kEndings.end();
}

std::filesystem::path bundle_file(const Function& function) {
  const std::filesystem::path& beside = function.manifest.empty() ? function.script : function.manifest;
  return beside.parent_path() / ".peko" / (function.name + ".js");
}

Result<std::string> read_bundle(const Function& function) {
  const std::filesystem::path file = bundle_file(function);
  Result<std::string> text = read_file(file, kBundleBytesMax);
  if (!text && text.error().code == Code::NotFound) {
    return fail(Code::NotFound, fmt::format("{} is missing: bundle {} again", shown(file), shown(function.script)));
  }
  return text;
}

Result<std::string> read_map_beside(const std::filesystem::path& bundle) {
  constexpr std::size_t kWithSourcesMax = 4 * kBundleBytesMax;
  return read_file(bundle.string() + ".map", kWithSourcesMax);
}

}  // namespace peko::code
