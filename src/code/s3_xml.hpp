/// What S3 answers in XML: errors, and pages of a listing. Whoever answers may be anybody: bounded, strict, nothing
/// expanded.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "code/store.hpp"

namespace peko::code {

/// <Error>. Texts are cut and have no control characters.
struct S3Error {
  std::string code;     ///< "NoSuchKey"; empty when it was no <Error>
  std::string message;  ///< for people
  std::string region;   ///< the right one, when it says so
};
S3Error read_s3_error(std::string_view xml);

/// <ListBucketResult>.
struct S3Listing {
  std::vector<ObjectInfo> objects;  ///< keys as they are in the bucket, in strictly rising order, all after `after`
  bool more = false;
};
/// Unavailable, with what is wrong.
Result<S3Listing> read_s3_listing(std::string_view xml, std::string_view prefix, std::string_view after);

/// An entity tag without its quotes.
std::string bare_etag(std::string_view etag);

}  // namespace peko::code
