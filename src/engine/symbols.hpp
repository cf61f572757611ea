/// From the frames of a backtrace to places in the source.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace peko::engine {

/// A function that a frame is in; several have one frame when the compiler has inlined, innermost first.
struct SourcePlace {
  std::size_t frame;  ///< index in the offsets that were asked for
  std::string function;
  std::string file;
  std::uint32_t line = 0;  ///< 0: not known, as `column`
  std::uint32_t column = 0;
};

/// Looks `offsets` (Usage::frames) up in the debug information of a component, in their order; those without any are
/// left out. **The component decides what that costs**: for a child process with limits (cli's symbolise-worker).
std::vector<SourcePlace> symbolise(std::span<const char> wasm, std::span<const std::uint32_t> offsets);

}  // namespace peko::engine
