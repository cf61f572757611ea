#include "engine/error_code.hpp"

namespace peko::engine {

ErrorCode error_code(http::ClientFault fault) {
  using http::ClientFault;
  switch (fault) {
    case ClientFault::DnsTimeout: return ErrorCode::DnsTimeout;
    case ClientFault::DnsError: return ErrorCode::DnsError;
    case ClientFault::DestinationNotFound: return ErrorCode::DestinationNotFound;
    case ClientFault::DestinationUnavailable: return ErrorCode::DestinationUnavailable;
    case ClientFault::DestinationIpProhibited: return ErrorCode::DestinationIpProhibited;
    case ClientFault::DestinationIpUnroutable: return ErrorCode::DestinationIpUnroutable;
    case ClientFault::ConnectionRefused: return ErrorCode::ConnectionRefused;
    case ClientFault::ConnectionTerminated: return ErrorCode::ConnectionTerminated;
    case ClientFault::ConnectionTimeout: return ErrorCode::ConnectionTimeout;
    case ClientFault::ConnectionReadTimeout: return ErrorCode::ConnectionReadTimeout;
    case ClientFault::ConnectionWriteTimeout: return ErrorCode::ConnectionWriteTimeout;
    case ClientFault::ConnectionLimitReached: return ErrorCode::ConnectionLimitReached;
    case ClientFault::TlsProtocolError: return ErrorCode::TlsProtocolError;
    case ClientFault::TlsCertificateError: return ErrorCode::TlsCertificateError;
    case ClientFault::TlsAlertReceived: return ErrorCode::TlsAlertReceived;
    case ClientFault::HttpRequestDenied: return ErrorCode::HttpRequestDenied;
    case ClientFault::HttpResponseIncomplete: return ErrorCode::HttpResponseIncomplete;
    case ClientFault::HttpResponseHeaderSectionSize: return ErrorCode::HttpResponseHeaderSectionSize;
    case ClientFault::HttpResponseBodySize: return ErrorCode::HttpResponseBodySize;
    case ClientFault::HttpResponseTimeout: return ErrorCode::HttpResponseTimeout;
    case ClientFault::HttpProtocolError: return ErrorCode::HttpProtocolError;
    case ClientFault::InternalError: break;
  }
  return ErrorCode::InternalError;
}

}  // namespace peko::engine
