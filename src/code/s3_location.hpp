/// S3Location: which bucket, where, and how it is addressed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace peko::code {

/// A value, as people write it: s3://bucket/prefix?endpoint=…&region=…&style=….
struct S3Location {
  enum class Style : std::uint8_t {
    Auto,     ///< Virtual at AWS for names without a dot (whose certificate would not fit), else Path
    Virtual,  ///< https://bucket.host/key
    Path,     ///< https://host/bucket/key
  };

  std::string bucket;
  std::string prefix;    ///< of all keys, without '/' at its ends; empty: none
  std::string endpoint;  ///< "https://host[:port]"; empty: AWS
  std::string region;    ///< empty: us-east-1, until the service names another
  Style style = Style::Auto;

  /// Invalid, with what is wrong: bucket, prefix, endpoint or region is none.
  [[nodiscard]] Status check() const;
  /// The URL of an object, or of the bucket (an empty `key`). `key` has the prefix already.
  [[nodiscard]] std::string url(std::string_view key, std::string_view region_now) const;
  [[nodiscard]] std::string full_key(std::string_view key) const;
  /// Whether it is AWS's own service.
  [[nodiscard]] bool is_aws() const;
  /// "s3://bucket/prefix"
  [[nodiscard]] std::string shown() const;
};

/// Whether it looks like a region's name. One that a server sends becomes part of a host's name.
bool is_region(std::string_view text);

}  // namespace peko::code
