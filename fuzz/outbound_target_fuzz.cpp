/// Fuzzes what guests and manifests say about where requests go: OutboundTarget, OriginPattern, and AddressRange, which
/// operators write.
///
/// Properties: what was accepted reads the same when it is read again in its own form; a host that looks like an
/// address is one; a pattern holds the origin that it is.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.hpp"
#include "engine/origin.hpp"
#include "net/address_range.hpp"

namespace peko::engine {
namespace {

void check_host(const net::Host& host) {
  const bool numeric = host.text().find_first_not_of("0123456789.") == std::string::npos;
  PEKO_ASSERT(!numeric || host.kind() == net::Host::Kind::V4, "a resolver would take it for an address");
  PEKO_ASSERT(host.text().find_first_of("%@/\\#? ") == std::string::npos, "a host ends where everybody sees its end");
}

void check_target(std::string_view uri) {
  const auto target = OutboundTarget::parse(uri);
  if (!target) return;
  check_host(target->origin.host);
  PEKO_ASSERT(target->path.front() == '/', "a path begins with a slash");
  const auto again = OutboundTarget::parse(target->origin.text() + target->path);
  PEKO_ASSERT(again && again->origin == target->origin && again->path == target->path, "it has one form");
}

void check_pattern(std::string_view text) {
  const auto pattern = OriginPattern::parse(text);
  if (!pattern) return;
  const auto again = OriginPattern::parse(pattern->text());
  PEKO_ASSERT(again && *again == *pattern, "it has one form");
  const auto target = OutboundTarget::parse(text);
  PEKO_ASSERT(!target || pattern->holds(target->origin), "an origin is within itself");
}

}  // namespace
}  // namespace peko::engine

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Safety: char may alias any bytes.
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  peko::engine::check_target(text);
  peko::engine::check_pattern(text);
  (void)peko::net::AddressRange::parse(text);
  return 0;
}
