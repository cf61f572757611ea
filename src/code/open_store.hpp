/// Opens the store that a URL names: what `--code` takes.
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "cloud/environment.hpp"
#include "code/s3_client.hpp"
#include "code/s3_location.hpp"
#include "code/store.hpp"

namespace peko::code {

struct StoreOptions {
  const Clock& clock;              ///< outlives the store
  cloud::Environment environment;  ///< of the process: credentials and what else a bucket's URL leaves open
  S3Options bucket;
};

/// A folder ("file:///srv/peko", or a path, which may be relative to the working directory) or a bucket
/// ("s3://bucket/prefix?endpoint=URL&region=NAME&style=auto|virtual|path"). Values are percent-encoded where they must
/// be. Invalid when the URL is wrong, with what would be right; credentials in it are refused and not repeated. A store
/// that is not there or does not answer is no error yet: its calls tell. Other errors: those of open_bucket.
Result<std::unique_ptr<Store>> open_store(std::string_view url, const StoreOptions& options);

/// The folder of a "file:" URL or of a path, absolute. Invalid.
Result<std::filesystem::path> folder_of(std::string_view url);
/// Invalid.
Result<S3Location> bucket_of(std::string_view url);

}  // namespace peko::code
