//! wasi:http's error codes by their index in `wasi:http/types` error-code, the order that the C side uses.

use crate::http::ErrorCode;
use crate::http::types::{DnsErrorPayload, FieldSizePayload, TlsAlertReceivedPayload};

/// How many cases error-code has.
pub const COUNT: u32 = 39;

/// The error of case `index`, payloads empty. Out of range: internal-error.
pub fn from_index(index: u32) -> ErrorCode {
    let field = || FieldSizePayload { field_name: None, field_size: None };
    match index {
        0 => ErrorCode::DnsTimeout,
        1 => ErrorCode::DnsError(DnsErrorPayload { rcode: None, info_code: None }),
        2 => ErrorCode::DestinationNotFound,
        3 => ErrorCode::DestinationUnavailable,
        4 => ErrorCode::DestinationIpProhibited,
        5 => ErrorCode::DestinationIpUnroutable,
        6 => ErrorCode::ConnectionRefused,
        7 => ErrorCode::ConnectionTerminated,
        8 => ErrorCode::ConnectionTimeout,
        9 => ErrorCode::ConnectionReadTimeout,
        10 => ErrorCode::ConnectionWriteTimeout,
        11 => ErrorCode::ConnectionLimitReached,
        12 => ErrorCode::TlsProtocolError,
        13 => ErrorCode::TlsCertificateError,
        14 => ErrorCode::TlsAlertReceived(TlsAlertReceivedPayload { alert_id: None, alert_message: None }),
        15 => ErrorCode::HttpRequestDenied,
        16 => ErrorCode::HttpRequestLengthRequired,
        17 => ErrorCode::HttpRequestBodySize(None),
        18 => ErrorCode::HttpRequestMethodInvalid,
        19 => ErrorCode::HttpRequestUriInvalid,
        20 => ErrorCode::HttpRequestUriTooLong,
        21 => ErrorCode::HttpRequestHeaderSectionSize(None),
        22 => ErrorCode::HttpRequestHeaderSize(None),
        23 => ErrorCode::HttpRequestTrailerSectionSize(None),
        24 => ErrorCode::HttpRequestTrailerSize(field()),
        25 => ErrorCode::HttpResponseIncomplete,
        26 => ErrorCode::HttpResponseHeaderSectionSize(None),
        27 => ErrorCode::HttpResponseHeaderSize(field()),
        28 => ErrorCode::HttpResponseBodySize(None),
        29 => ErrorCode::HttpResponseTrailerSectionSize(None),
        30 => ErrorCode::HttpResponseTrailerSize(field()),
        31 => ErrorCode::HttpResponseTransferCoding(None),
        32 => ErrorCode::HttpResponseContentCoding(None),
        33 => ErrorCode::HttpResponseTimeout,
        34 => ErrorCode::HttpUpgradeFailed,
        35 => ErrorCode::HttpProtocolError,
        36 => ErrorCode::LoopDetected,
        37 => ErrorCode::ConfigurationError,
        _ => ErrorCode::InternalError(None),
    }
}
