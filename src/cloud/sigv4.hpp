/// AWS Signature Version 4: signs requests to S3 and to other services of AWS and of those that speak like it.
/// Source: docs.aws.amazon.com, "AWS Signature Version 4 for API requests", with the published test vectors.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "cloud/credentials.hpp"
#include "cloud/http_transport.hpp"

namespace peko::cloud {

/// What is signed for.
struct SigningScope {
  std::string region;
  std::string service;  ///< "s3"
};

/// The payload hash of a body that is not hashed: over TLS, the connection protects it.
inline constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";

/// Adds `host`, `x-amz-date`, `x-amz-content-sha256` (S3 asks for it), `x-amz-security-token` (with a session) and
/// `authorization` to the request, in place of those that it has: so a request can be signed again. Its URL is encoded
/// already, by uri_encode, and its path is signed as it is (S3's rule: nothing is normalised, nothing encoded twice).
/// `payload_hash`: hex of the body's SHA-256, or kUnsignedPayload. All headers that the request has are signed. A URL
/// that is none stays unsigned: HttpTransport refuses it.
void sign(HttpRequest& request, const Credentials& credentials, const SigningScope& scope,
          std::string_view payload_hash, std::chrono::system_clock::time_point now);

/// A URL of S3 that needs no headers, for `lifetime` (at most 7 days), in place of one that is encoded already.
std::string presign(std::string_view method, std::string_view url, const Credentials& credentials,
                    const SigningScope& scope, std::chrono::seconds lifetime,
                    std::chrono::system_clock::time_point now);

enum class Slash : std::uint8_t { Keep, Encode };
/// Percent-encodes as S3 and the signature want it: all but letters, digits, '-', '.', '_', '~' (and '/' when kept).
std::string uri_encode(std::string_view text, Slash slash);

}  // namespace peko::cloud
