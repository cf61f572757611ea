/// The names of a new project.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace peko::scaffold {

struct Names {
  std::string function;  ///< as code::check_name allows
  std::string crate;     ///< the same, where cargo takes it
};

/// The names for a function. Invalid, with a suggestion where there is one.
Result<Names> names_for(std::string_view function);

/// The function's name that a folder's path ends in: "my-app" of "work/my-app/", the current folder's of ".".
/// Invalid when it is not one: with a suggestion where there is one.
Result<Names> names_of(const std::filesystem::path& folder);

}  // namespace peko::scaffold
