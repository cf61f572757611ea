/// ErrorCode: the cases of wasi:http/types error-code, by which a guest learns why a request of its own failed.
#pragma once

#include <cstdint>

#include "http/client.hpp"

namespace peko::engine {

/// Those that we use; the number is the case's index, as the bridge wants it.
enum class ErrorCode : std::uint32_t {
  DnsTimeout = 0,
  DnsError = 1,
  DestinationNotFound = 2,
  DestinationUnavailable = 3,
  DestinationIpProhibited = 4,
  DestinationIpUnroutable = 5,
  ConnectionRefused = 6,
  ConnectionTerminated = 7,
  ConnectionTimeout = 8,
  ConnectionReadTimeout = 9,
  ConnectionWriteTimeout = 10,
  ConnectionLimitReached = 11,
  TlsProtocolError = 12,
  TlsCertificateError = 13,
  TlsAlertReceived = 14,
  HttpRequestDenied = 15,
  HttpRequestMethodInvalid = 18,
  HttpRequestUriInvalid = 19,
  HttpRequestUriTooLong = 20,
  HttpResponseIncomplete = 25,
  HttpResponseHeaderSectionSize = 26,
  HttpResponseBodySize = 28,
  HttpResponseTimeout = 33,
  HttpProtocolError = 35,
  InternalError = 38,
};

ErrorCode error_code(http::ClientFault fault);

}  // namespace peko::engine
