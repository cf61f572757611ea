/// The folder of key-value stores: SQLite wants more of a disk than others do.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "doctor/finding.hpp"

namespace peko::doctor {

/// check_folder of `folder` (key-value stores lie in it), and whether its file system does for SQLite: it locks files,
/// maps them into memory that processes share, and is a disk of this machine. Makes a file there that has no name.
Finding check_data_folder(const std::filesystem::path& folder, const std::string& elsewhere);

/// What is wrong with a file system of this type (statfs) for SQLite; empty: nothing.
std::string_view unfit_for_databases(std::uint64_t type);

/// Does with an empty file what SQLite does with its own. Unsupported: what does not work.
Status try_as_database(int fd);

}  // namespace peko::doctor
