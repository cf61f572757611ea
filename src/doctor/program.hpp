/// Programs of this machine, asked something short: "cargo --version".
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace peko::doctor {

/// The first executable file of this name in the folders of `path`, as PATH lists them.
std::optional<std::filesystem::path> find_program(std::string_view name, std::string_view path);

/// What it prints on stdout, at most 64 KiB. It reads nothing, gets no secrets of
/// the operator, and its errors are dropped. Unavailable: it cannot be
/// started, fails, or is not done in time; then it is killed.
Result<std::string> output_of(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                              std::chrono::milliseconds timeout = std::chrono::seconds(10));

}  // namespace peko::doctor
