/// The compressed forms of an asset, made once when it is deployed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace peko::code {

struct AssetForms {
  std::optional<std::string> brotli;  ///< RFC 7932
  std::optional<std::string> gzip;    ///< RFC 1952
};

/// Each form only where it saves a tenth and a packet. None for a type that is compressed already. Slow: as small as
/// the formats allow, a megabyte takes seconds.
AssetForms compress_asset(std::string_view bytes, std::string_view type);

}  // namespace peko::code
