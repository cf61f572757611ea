/// Folders that Peko writes to.
#pragma once

#include <filesystem>
#include <string>

#include "doctor/finding.hpp"

namespace peko::doctor {

/// `folder`, or the nearest one above it that is there; absolute.
std::filesystem::path nearest_existing(const std::filesystem::path& folder);

/// Whether `folder` can be written, or can be made where it is not there yet; and whether its disk has room. `subject`:
/// "cache"; `elsewhere`: what names another folder, "--cache-dir FOLDER". `unwritable`: how bad it is when it cannot be
/// written.
Finding check_folder(const std::string& subject, const std::filesystem::path& folder, const std::string& elsewhere,
                     State unwritable);

}  // namespace peko::doctor
