/// Fuzzes the index of a version's static files, which lies in a store that others may write to.
///
/// Properties: whatever is read could have been deployed: paths that requests can have, in order, none twice; it is the
/// same when it is written and read again.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.hpp"
#include "code/asset_index.hpp"
#include "code/asset_path.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using peko::code::AssetFile;
  // Safety: bytes, seen as characters.
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto files = peko::code::read_asset_index(text);
  if (!files) return 0;
  for (const AssetFile& file : *files) {
    PEKO_ASSERT(peko::code::check_asset_path(file.path).has_value(), "a path is one that requests can have");
  }
  const auto disorder = std::ranges::adjacent_find(*files, std::ranges::greater_equal(), &AssetFile::path);
  PEKO_ASSERT(disorder == files->end(), "paths are in order and none is there twice");
  const auto written = peko::code::write_asset_index(*files);
  PEKO_ASSERT(written.has_value(), "what was read can be written");
  const auto again = peko::code::read_asset_index(*written);
  PEKO_ASSERT(again.has_value() && again.value() == files.value(), "it reads back as it was");
  return 0;
}
