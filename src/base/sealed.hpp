/// Sealing: text that only the holder of a key can read, and that nobody can change unnoticed (AES-256-GCM, NIST SP
/// 800-38D).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/hash.hpp"

namespace peko {

/// Encrypts `plain`. `context` is not kept: unsealing needs the same, so that what was sealed for one purpose is of no
/// use for another. 28 bytes longer than `plain`, different each time (a random nonce: one key is good for 2^32 of
/// them).
std::string seal(const Digest& key, std::string_view context, std::string_view plain);

/// What was sealed; nothing when the key or the context is another one, or a bit has changed.
std::optional<std::string> unseal(const Digest& key, std::string_view context, std::string_view sealed);

}  // namespace peko
