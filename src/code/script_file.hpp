/// A script's bundle: one JavaScript file that instances of the JavaScript engine evaluate.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/result.hpp"
#include "code/function.hpp"

namespace peko::code {

/// Each instance parses it before its first request: some 50 ms a megabyte.
inline constexpr std::uint64_t kBundleBytesMax = 8ULL << 20;

/// The endings of files that are scripts: ".ts" and others.
bool is_script(const std::filesystem::path& file);

/// Where the bundle of `function`, which is a script, is to lie: in the folder `.peko` beside its manifest, or beside
/// the script when it has none. Its source map is beside it, with ".map" after its name.
std::filesystem::path bundle_file(const Function& function);

/// The bundle's text. NotFound, Denied, Invalid (too large).
Result<std::string> read_bundle(const Function& function);

/// The text of the source map beside a bundle, with the sources in it. As read_bundle.
Result<std::string> read_map_beside(const std::filesystem::path& bundle);

}  // namespace peko::code
