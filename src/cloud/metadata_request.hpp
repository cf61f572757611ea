/// Requests to the services that hand out credentials: small, quick, bounded.
#pragma once

#include <string>
#include <string_view>

#include "cloud/http_transport.hpp"

namespace peko::cloud {

/// The text of an answer is no longer than this; real ones have some 2 KiB.
inline constexpr std::size_t kMetadataBytesMax = 64U << 10U;

/// A GET that is given up after 2 s, past any proxy.
HttpRequest metadata_request(std::string url);

/// The body of a response with a status of 2xx. Errors of HttpTransport::send. Denied (4xx: with what the service says)
/// or Unavailable (any other status; an answer that is too long).
Result<std::string> ask_metadata(HttpTransport& transport, const HttpRequest& request);
/// The same, of a response that is there.
Result<std::string> metadata_in(HttpResponse response);

/// Whether text can be sent in a header or a URL as it is: visible characters of ASCII, at least one. A header may have
/// spaces too.
bool fits_url(std::string_view text);
bool fits_header(std::string_view text);

/// A file's only line, such as a token's: without white space around it. Denied when it cannot be read or sent.
Result<std::string> read_token_file(const std::string& path);

}  // namespace peko::cloud
