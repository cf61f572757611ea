/// Base64 with the alphabet for URLs and file names, without padding (RFC 4648, section 5).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace peko {

std::string base64url(std::string_view bytes);

/// The bytes; nothing when `text` is not what base64url() makes of any.
std::optional<std::string> from_base64url(std::string_view text);

}  // namespace peko
