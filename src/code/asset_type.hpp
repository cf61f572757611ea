/// What an asset is, by its name: its media type, whether compressing it pays, whether its name changes with its bytes.
#pragma once

#include <string_view>

namespace peko::code {

/// As a content-type field has it, with the charset of text. "application/octet-stream" for a name that tells nothing.
/// The text is static.
std::string_view asset_type(std::string_view path);

/// Whether files of this type are not compressed already.
bool is_compressible(std::string_view type);

/// Whether the file's name holds a hash of its bytes, as bundlers make them, so that it may be kept for ever:
/// "app.3f9a0c1b.js" (8 or more hexadecimal digits with both letters and figures), "chunk.BxY3k2_9.js" (8 to 32 of
/// letters in both cases, figures, '-' and '_'). A date or a word between dots is none.
bool is_fingerprinted(std::string_view path);

}  // namespace peko::code
