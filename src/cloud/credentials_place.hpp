/// CredentialsPlace: one place where credentials may lie. Each is as AWS's SDKs have it.
/// Source: AWS SDKs and Tools Reference Guide, "Standardized credential providers".
#pragma once

#include <memory>

#include "base/result.hpp"
#include "cloud/credentials.hpp"
#include "cloud/environment.hpp"
#include "cloud/http_transport.hpp"

namespace peko::cloud {

/// One thread at a time.
class CredentialsPlace {
 public:
  virtual ~CredentialsPlace() = default;

  /// Looks afresh; blocks for a few seconds at most. NotFound: nothing is set up here, with what is missing: the next
  /// place is asked. Any other error ends the search: this is the place, but something is wrong with it.
  virtual Result<Credentials> look() = 0;
};

/// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN.
std::unique_ptr<CredentialsPlace> environment_place(Environment environment);

/// The files that AWS's tools share: keys of the profile. A profile that gets them by other means is an error that says
/// how to go on.
std::unique_ptr<CredentialsPlace> profile_place(Environment environment);

/// EKS, by a service account's role: AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN, exchanged at STS. The transport
/// outlives the place, here and below.
std::unique_ptr<CredentialsPlace> web_identity_place(Environment environment, HttpTransport& transport);

/// ECS, and EKS by Pod Identity: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI.
std::unique_ptr<CredentialsPlace> container_place(Environment environment, HttpTransport& transport);

/// EC2: the role of the instance, by version 2 of its metadata service.
std::unique_ptr<CredentialsPlace> instance_place(const Environment& environment, HttpTransport& transport);

}  // namespace peko::cloud
