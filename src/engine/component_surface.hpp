/// ComponentSurface: what a component imports and exports, read from its bytes in a millisecond.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace peko::engine {

enum class Provision : std::uint8_t {
  Provided,
  OtherVersion,  ///< the interface is provided in another version
  Unknown,
};

struct Import {
  std::string name;  ///< "wasi:http/types@0.2.0"
  Provision provision = Provision::Unknown;
  std::string nearest;  ///< OtherVersion: what is provided in its place
  bool operator==(const Import&) const = default;
};

/// In the component's order.
struct ComponentSurface {
  std::vector<Import> imports;
  std::vector<std::string> exports;
};

/// Invalid: not a component, or cut off; the message says which ("it is cut off"). Does not validate what is inside.
Result<ComponentSurface> read_surface(std::span<const char> wasm);

}  // namespace peko::engine
