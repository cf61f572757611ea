/// Fuzzes source maps, which come with the code of others, and the frames that they are asked about.
///
/// Properties: every place of an accepted map lies in one of its sources and is counted from 1; a frame gets its place,
/// and stays itself where the map has none.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.hpp"
#include "code/source_map.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using peko::code::mapped_frame;
  using peko::code::SourceMap;
  // Safety: char may alias any bytes.
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static const auto empty = SourceMap::parse(R"({"version":3,"sources":[],"mappings":""})");
  PEKO_ASSERT(mapped_frame(text, *empty) == text, "an empty map has no places");
  const auto map = SourceMap::parse(text);
  if (!map) return 0;
  for (std::uint32_t line = 0; line < 20; ++line) {
    for (const std::uint32_t column : {0U, 1U, 2U, 80U, UINT32_MAX}) {
      const auto place = map->find(line, column);
      PEKO_ASSERT(!place || (place->line > 0 && place->column > 0), "places are counted from 1");
      const std::string frame = "f@a.js:" + std::to_string(line) + ":" + std::to_string(column);
      PEKO_ASSERT(place || mapped_frame(frame, *map) == frame, "what has no place stays");
      PEKO_ASSERT(!place || mapped_frame(frame, *map).starts_with("f at "), "what has one gets it");
    }
  }
  return 0;
}
