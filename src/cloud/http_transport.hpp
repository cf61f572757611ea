/// HttpTransport: requests to stores and clouds, blocking, through libcurl. Never for guests, never on a loop.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace peko::cloud {

using Headers = std::vector<std::pair<std::string, std::string>>;

/// Gives up to `bytes_max` bytes of a request's body from `offset` on.
using BodyReader = std::function<Result<std::string_view>(std::uint64_t offset, std::size_t bytes_max)>;
/// Takes a piece of a response's body; an error ends the transfer and becomes its result.
using BodyWriter = std::function<Status(std::string_view bytes)>;

/// Whether a request may go through the proxy that the environment names. Metadata services never do: a proxy would ask
/// its own machine's, or see our keys.
enum class Proxy : std::uint8_t { FromEnvironment, Never };

struct HttpResponse {
  unsigned status = 0;
  Headers headers;   ///< names in lower case
  std::string body;  ///< of all that is not handed to a BodyWriter

  /// The first value of a header; empty when there is none.
  [[nodiscard]] std::string_view header(std::string_view name) const;
};

/// Looks at a response's head before its body is handed over; an error ends the transfer and becomes its result.
using HeadCheck = std::function<Status(const HttpResponse& head)>;

struct HttpRequest {
  std::string method = "GET";
  std::string url;  ///< http or https; redirects are not followed
  Headers headers;  ///< as they are sent
  std::uint64_t body_size = 0;
  BodyReader body;  ///< null: none
  HeadCheck head;   ///< null: none; asked when the body goes to a BodyWriter
  std::chrono::milliseconds connect_timeout{3'000};
  std::chrono::milliseconds stall_timeout{10'000};   ///< the other side takes and sends nothing for as long: Deadline
  std::chrono::milliseconds total_timeout{600'000};  ///< of all of it
  Proxy proxy = Proxy::FromEnvironment;
};

/// Shared by threads.
class HttpTransport {
 public:
  virtual ~HttpTransport() = default;

  /// Sends one request and waits for its response, whatever its status. The body of a response with a status of 2xx
  /// goes to `sink` when there is one, every other (at most 1 MiB) into HttpResponse::body. Unavailable: no connection,
  /// broken off, not HTTP; Deadline; Denied: the certificate is not trusted; Invalid: the URL.
  virtual Result<HttpResponse> send(const HttpRequest& request, const BodyWriter& sink = {}) = 0;
};

}  // namespace peko::cloud
