/// Whether Peko can run a component, by what it imports and exports, before anything is compiled: what `peko check`
/// shows and what a function that is refused is told when it is loaded.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "engine/component_surface.hpp"

namespace peko::code {

struct ComponentCheck {
  engine::ComponentSurface surface;
  std::vector<std::string> problems;  ///< what is wrong and what to do, a paragraph each; none: Peko can run it
};

/// Reads the surface of a component and judges it. Invalid when the bytes are cut off or no component. `name` is the
/// file as messages show it.
Result<ComponentCheck> inspect_component(std::string_view bytes, std::string_view name);

/// What is wrong with a surface, as ComponentCheck::problems. Pure.
std::vector<std::string> problems_of(const engine::ComponentSurface& surface);

/// What the author can do about an import; empty when it is provided.
std::string advice_for(const engine::Import& import);

/// Success when Peko can run it, else Unsupported with all problems, or Invalid.
Status check_surface(std::string_view bytes, std::string_view name);

}  // namespace peko::code
