/// Reads a function's settings: a project's `peko.toml`, or the `<name>.toml` beside a component in a code store.
///
/// Whatever is not understood is an error: one line per mistake, `FILE:LINE:COLUMN: what is wrong and what is
/// expected`.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "code/function.hpp"
#include "code/limit_table.hpp"

namespace peko::code {

/// The name of a project's manifest.
inline constexpr std::string_view kManifestName = "peko.toml";

/// Reads a project's manifest. The component's path is relative to the manifest's folder and need not exist yet.
/// Invalid, also for a limit above its maximum; NotFound, Denied, Unavailable when the file
/// cannot be read.
Result<Function> read_manifest(const std::filesystem::path& file, const LimitsMax& maxima = {});

/// Reads the settings of a component that was dropped into a code store: as a manifest, but `component`, `script` and
/// [build] are no keys of it, and `name`, which may be left out, is `function.name`. Sets all other settings of
/// `function`, which comes from function_within(maxima). `file`: what messages call the text. Invalid.
Status read_store_settings(std::string_view text, std::string file, const LimitsMax& maxima, Function& function);

}  // namespace peko::code
