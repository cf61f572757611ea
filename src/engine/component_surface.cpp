#include "engine/component_surface.hpp"

#include "engine/bridge_text.hpp"
#include "peko_bridge.h"

namespace peko::engine {

namespace {

Provision provision_of(std::uint32_t kind) {
  switch (kind) {
    case PEKO_IMPORT_PROVIDED: return Provision::Provided;
    case PEKO_IMPORT_OTHER_VERSION: return Provision::OtherVersion;
    default: return Provision::Unknown;
  }
}

void add_item(void* context, std::uint32_t kind, peko_str name, peko_str nearest) {
  auto& surface = *static_cast<ComponentSurface*>(context);
  if (kind == PEKO_EXPORT) {
    surface.exports.push_back(copy_text(name));
  } else {
    surface.imports.push_back(
        {.name = copy_text(name), .provision = provision_of(kind), .nearest = copy_text(nearest)});
  }
}

}  // namespace

Result<ComponentSurface> read_surface(std::span<const char> wasm) {
  ComponentSurface surface;
  peko_buf error{};
  // Safety: char may be read as unsigned char.
  const int failed = peko_component_inspect(reinterpret_cast<const std::uint8_t*>(wasm.data()), wasm.size(), &surface,
                                            add_item, &error);
  if (failed != 0) return fail(Code::Invalid, take_text(error));
  return surface;
}

}  // namespace peko::engine
