/// What `peko new` asks a person who has not said everything.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "cli/input.hpp"
#include "cli/terminal.hpp"
#include "scaffold/templates.hpp"

namespace peko::cli {

/// A path whose last part is a function's name; asks again until it is. Errors as Input::ask.
Result<std::string> ask_path(const Input& in, Terminal& screen);

/// A template, by its number or its name in the list that is shown; asks again until it is one. Errors as Input::ask.
Result<const scaffold::Template*> ask_template(const Input& in, Terminal& screen);

enum class Numbers : std::uint8_t { Show, Hide };
/// The templates, a line each.
std::string listed_templates(const Terminal& screen, Numbers numbers);

}  // namespace peko::cli
