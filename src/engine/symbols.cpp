#include "engine/symbols.hpp"

#include "engine/bridge_text.hpp"
#include "peko_bridge.h"

namespace peko::engine {

std::vector<SourcePlace> symbolise(std::span<const char> wasm, std::span<const std::uint32_t> offsets) {
  std::vector<SourcePlace> places;
  const auto add = [](void* context, std::size_t frame, peko_str function, peko_str file, std::uint32_t line,
                      std::uint32_t column) {
    static_cast<std::vector<SourcePlace>*>(context)->push_back(
        {.frame = frame, .function = copy_text(function), .file = copy_text(file), .line = line, .column = column});
  };
  // Safety: char may be read as unsigned char.
  peko_symbolise(reinterpret_cast<const std::uint8_t*>(wasm.data()), wasm.size(), offsets.data(), offsets.size(),
                 &places, add);
  return places;
}

}  // namespace peko::engine
