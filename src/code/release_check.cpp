#include "code/release_check.hpp"

#include <fmt/format.h>

#include "code/manifest_values.hpp"
#include "code/script_file.hpp"
#include "code/source_map.hpp"

namespace peko::code {

CodeKind kind_of(const Release& release) {
  if (release.component.empty() && !release.settings.assets.empty()) return CodeKind::None;
  return release.settings.script.empty() ? CodeKind::Component : CodeKind::Script;
}

Status check_release(const Release& release) {
  if (Status good = check_name(release.settings.name); !good) {
    return good;
  }
  if (kind_of(release) == CodeKind::Script && release.component.size() > kBundleBytesMax) {
    return fail(Code::Invalid, fmt::format("the script's bundle has {} bytes, at most {} are allowed",
                                           release.component.size(), kBundleBytesMax));
  }
  if (release.source_map.size() > kSourceMapBytesMax) {
    return fail(Code::Invalid, fmt::format("the script's source map has {} bytes, at most {} are allowed",
                                           release.source_map.size(), kSourceMapBytesMax));
  }
  const bool missing = release.component.empty() && kind_of(release) != CodeKind::None;
  if (missing || release.component.size() > release.settings.component_bytes_max) {
    return fail(Code::Invalid, fmt::format("the component has {} bytes, allowed are 1 to {} (component_mb)",
                                           release.component.size(), release.settings.component_bytes_max));
  }
  for (const std::string& route : release.settings.routes) {
    if (!check_key(route_key(route, release.settings.name))) {
      return fail(Code::Invalid,
                  fmt::format("the route \"{}\" is too long for a code store: some 200 characters fit", route));
    }
  }
  return {};
}

Status check_reason(const Reason& reason) {
  if (reason.author.size() > kAuthorBytesMax) {
    return fail(Code::Invalid, fmt::format("the author's name has more than {} bytes", kAuthorBytesMax));
  }
  if (reason.message.size() > kMessageBytesMax) {
    return fail(Code::Invalid, fmt::format("the message has {} bytes, at most {} are allowed", reason.message.size(),
                                           kMessageBytesMax));
  }
  return {};
}

}  // namespace peko::code
