/// A git repository for a new project.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "base/result.hpp"
#include "cli/context.hpp"

namespace peko::cli {

enum class Repository : std::uint8_t {
  Made,
  Inside,  ///< the project's place is in a repository already
  NoGit,   ///< git is not installed
  Failed,  ///< git has said why
  NotWanted,
};

/// "a git repository", and for the others why there is none; for people.
std::string_view shown(Repository repository);

/// Makes one in `folder`, which will be at `target`. Unavailable: told to stop meanwhile, or nothing can be started.
Result<Repository> make_repository(const std::filesystem::path& folder, const std::filesystem::path& target,
                                   const Context& context);

}  // namespace peko::cli
