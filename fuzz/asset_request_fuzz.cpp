/// Fuzzes what clients say about static files: a line each of target, Accept-Encoding, Range, If-None-Match, If-Range
/// and If-Match.
///
/// Properties: a path that a target leads to could be that of a file below the folder, and of no other; what is sent
/// lies within the file; a coding that is not at hand is never chosen.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.hpp"
#include "base/text.hpp"
#include "code/asset_path.hpp"
#include "edge/asset_choice.hpp"

namespace peko::edge {
namespace {

void check_path(std::string_view target) {
  std::string path;
  if (!code::asset_path_of(target, path)) return;
  std::string_view names = path;
  if (names.ends_with('/')) names.remove_suffix(1);
  PEKO_ASSERT(path.empty() || code::check_asset_path(names).has_value(), "what a target leads to can be a file");
  if (path.size() + std::string_view("/index.html").size() > code::kAssetPathBytesMax) return;
  for (std::size_t hit = 1; hit <= 3; ++hit) {
    std::string found = path;
    std::size_t asked = 0;
    const auto has = [&](const std::string& each) {
      return ++asked == hit && code::check_asset_path(each).has_value();
    };
    const code::AssetAt at = code::locate_asset(found, has);
    PEKO_ASSERT(at == code::AssetAt::Nowhere || asked == hit, "what is there is taken at once");
    PEKO_ASSERT((at == code::AssetAt::Folder) == (hit == 3 && asked == 3 && code::check_asset_path(found).has_value()),
                "the third look is for a folder");
  }
}

void check_choice(const std::vector<http::Field>& fields, std::string_view method) {
  for (const Codings at_hand : {Codings{}, Codings{.brotli = true}, Codings{.gzip = true}}) {
    const Coding coding = choose_coding(fields, at_hand);
    PEKO_ASSERT(coding != Coding::Brotli || at_hand.brotli, "only what is at hand is chosen");
    PEKO_ASSERT(coding != Coding::Gzip || at_hand.gzip, "only what is at hand is chosen");
  }
  const http::RequestHead head{.method = method, .target = "/", .authority = "a", .fields = fields};
  for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1000}, UINT64_MAX}) {
    const AssetPlan plan = plan_asset(head, "\"0123\"", size);
    PEKO_ASSERT(plan.first <= size && plan.size <= size - plan.first, "what is sent lies within the file");
    PEKO_ASSERT(plan.status != 206 || plan.size > 0, "a part is not empty");
    PEKO_ASSERT(plan.status != 200 || plan.size == size, "the whole is the whole");
  }
}

}  // namespace
}  // namespace peko::edge

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Safety: bytes, seen as characters.
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  constexpr std::array<std::string_view, 5> kNames{"accept-encoding", "range", "if-none-match", "if-range", "if-match"};
  const std::vector<std::string_view> lines = peko::split(text, '\n');
  peko::edge::check_path(lines.front());
  std::vector<peko::http::Field> fields;
  for (std::size_t i = 1; i < lines.size() && i <= kNames.size(); ++i) {
    if (!lines[i].empty()) fields.push_back({kNames[i - 1], lines[i]});
  }
  peko::edge::check_choice(fields, "GET");
  peko::edge::check_choice(fields, "HEAD");
  return 0;
}
