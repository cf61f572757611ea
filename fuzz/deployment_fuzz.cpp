/// Fuzzes what others may have written into a code store: pointers and version records, and the segments of routes.
///
/// Properties: what was accepted reads the same when it is read again in its own form, and holds what its header
/// promises.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.hpp"
#include "code/deployment.hpp"

namespace peko::code {
namespace {

constexpr std::string_view kName = "hello";
constexpr VersionNumber kNumber = 12;

void check_pointer(std::string_view text) {
  const auto deployment = read_deployment(text, kName);
  if (!deployment) return;
  PEKO_ASSERT(deployment->function == kName && deployment->revision > 0, "it is that function's");
  PEKO_ASSERT(deployment->versions.size() <= kVersionsAtOnceMax && deployment->history.size() <= kHistoryMax,
              "it is bounded");
  for (std::size_t i = 0; i < deployment->versions.size(); ++i) {
    const WeightedVersion& one = deployment->versions[i];
    PEKO_ASSERT(one.version > 0 && one.weight > 0 && one.weight <= 100, "its versions can serve");
    PEKO_ASSERT(i == 0 || one.weight <= deployment->versions[i - 1].weight, "the heaviest stands first");
  }
  const std::string form = write_deployment(*deployment);
  const auto again = read_deployment(form, kName);
  // Escapes may make a text longer than the one that was read.
  PEKO_ASSERT(again || form.size() > kRecordBytesMax, "what was read can be written");
  PEKO_ASSERT(!again || write_deployment(*again) == form, "it has one form");
}

void check_version(std::string_view text) {
  const auto version = read_version(text, kName, kNumber);
  if (!version) return;
  PEKO_ASSERT(version->settings.name == kName && version->number == kNumber, "it is that version");
  for (const LimitRow& row : limit_table()) {
    const std::uint64_t value = row.get(version->settings);
    PEKO_ASSERT(value >= row.low && value <= row.high, "its limits are limits");
  }
  const std::string form = write_version(*version);
  const auto again = read_version(form, kName, kNumber);
  PEKO_ASSERT(again || form.size() > kRecordBytesMax, "what was read can be written");
  PEKO_ASSERT(!again || write_version(*again) == form, "it has one form");
}

void check_route(std::string_view text) {
  const auto route = route_of_segment(text);
  PEKO_ASSERT(!route || route_key(*route, kName) == "routes/" + std::string(text) + "/hello", "it has one form");
}

}  // namespace
}  // namespace peko::code

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Safety: char may alias any bytes.
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  peko::code::check_pointer(text);
  peko::code::check_version(text);
  peko::code::check_route(text);
  return 0;
}
