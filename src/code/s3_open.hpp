/// Opens a bucket with all that an S3Store needs: libcurl, credentials, a region.
#pragma once

#include <memory>

#include "base/clock.hpp"
#include "cloud/environment.hpp"
#include "code/s3_store.hpp"

namespace peko::code {

/// What the location leaves open is taken from where AWS's tools look: AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL;
/// AWS_REGION, AWS_DEFAULT_REGION, the profile; credentials from all places of default_credentials(). AWS_CA_BUNDLE: a
/// file of certificates that are trusted besides the system's. The clock outlives the store. Asks nobody yet. Invalid:
/// the location, the profile's files; Denied: those cannot be read; Unavailable: no room for one more thread.
Result<std::unique_ptr<Store>> open_bucket(S3Location location, const cloud::Environment& environment,
                                           const Clock& clock, S3Options options = {});

}  // namespace peko::code
