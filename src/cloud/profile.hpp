/// Profile: what the files that AWS's tools share (~/.aws/credentials, ~/.aws/config) say for this process.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "cloud/environment.hpp"

namespace peko::cloud {

struct Profile {
  enum class Chosen : std::uint8_t { ByDefault, ByName };

  std::string name;  ///< AWS_PROFILE, or "default"
  Chosen chosen = Chosen::ByDefault;
  bool found = false;
  std::map<std::string, std::string, std::less<>> values;  ///< of both files; those of `credentials` hold
  std::string files;                                       ///< the files that were looked at, for messages: "A and B"

  /// Empty when there is none.
  [[nodiscard]] std::string value(std::string_view key) const;

  /// Reads both files afresh (AWS_SHARED_CREDENTIALS_FILE, AWS_CONFIG_FILE, HOME say where); those that are not there
  /// are left out. Invalid with FILE: line N; Denied: a file cannot be read.
  static Result<Profile> read(const Environment& environment);
};

/// The region to use when nobody says another: AWS_REGION, AWS_DEFAULT_REGION, the profile's. Empty: none of them.
/// Errors as of Profile::read.
Result<std::string> default_region(const Environment& environment);

}  // namespace peko::cloud
