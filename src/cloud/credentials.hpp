/// Credentials of a cloud account, and where they come from.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"

namespace peko::cloud {

/// All secrets but the id; never in a log or an error.
struct Credentials {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;  ///< empty: none
  std::optional<std::chrono::system_clock::time_point> expires;
};

/// Shared by threads.
class CredentialsSource {
 public:
  virtual ~CredentialsSource() = default;
  /// What to sign with now: renewed in good time before it expires; as it was when renewing fails and it still holds.
  /// Denied: there are none, with all places that were looked at; Unavailable: the place that should have them does not
  /// answer. Blocks.
  virtual Result<Credentials> get() = 0;
  /// The service refused them: get() asks afresh.
  virtual void refused() = 0;
};

}  // namespace peko::cloud
