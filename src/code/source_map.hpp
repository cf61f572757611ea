/// SourceMap: from places in a bundle to those in the sources that it was made of (ECMA-426, revision 3).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace peko::code {

/// The size of a map without the sources in it, which is about that of its bundle.
inline constexpr std::size_t kSourceMapBytesMax = std::size_t{8} << 20U;

/// A value. Lines and columns are counted from 1.
class SourceMap {
 public:
  struct Place {
    std::string_view source;  ///< as the map has it, relative to the map's folder; dies with the map
    std::uint32_t line = 0;
    std::uint32_t column = 0;
  };

  /// Invalid: no JSON, another version, damaged, with more places than kPlacesMax. A stranger's text may be read.
  static Result<SourceMap> parse(std::string_view json);

  /// Nothing when the bundler itself wrote what is there.
  [[nodiscard]] std::optional<Place> find(std::uint32_t line, std::uint32_t column) const;
  /// What it takes of memory, about.
  [[nodiscard]] std::size_t bytes() const;

  static constexpr std::size_t kPlacesMax = 2'000'000;

 private:
  class Reader;
  struct Segment {
    std::uint32_t line;  // of the bundle; all from 0
    std::uint32_t column;
    std::uint32_t source;  // kNoSource: the bundler's own
    std::uint32_t source_line;
    std::uint32_t source_column;
  };
  static constexpr std::uint32_t kNoSource = UINT32_MAX;

  std::vector<std::string> sources_;
  std::vector<Segment> segments_;  // by line and column
};

/// The map without what no place needs: the sources' texts, names, what bundlers add. Invalid.
Result<std::string> compact_source_map(std::string_view json);

/// A frame of a script's stack, as the engine writes it ("fetch@app.js:12:5", "@app.js:3:1"), with the place in the
/// source: "fetch at src/app.ts:10:3". What is no frame ("caused by ..."), or has no place there, stays as it is.
std::string mapped_frame(std::string_view frame, const SourceMap& map);

}  // namespace peko::code
