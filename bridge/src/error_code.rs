//! wasi:http's error codes by their index in `wasi:http/types` error-code, the order that the C side uses.

use wasmtime_wasi_http::Error;

/// How many cases error-code has.
pub const COUNT: u32 = 39;

/// The error of case `index`, payloads empty. Out of range: internal-error.
pub fn from_index(index: u32) -> Error {
    let (field_name, field_size) = (None, None);
    match index {
        0 => Error::DnsTimeout,
        1 => Error::DnsError { rcode: None, info_code: None },
        2 => Error::DestinationNotFound,
        3 => Error::DestinationUnavailable,
        4 => Error::DestinationIpProhibited,
        5 => Error::DestinationIpUnroutable,
        6 => Error::ConnectionRefused,
        7 => Error::ConnectionTerminated,
        8 => Error::ConnectionTimeout,
        9 => Error::ConnectionReadTimeout,
        10 => Error::ConnectionWriteTimeout,
        11 => Error::ConnectionLimitReached,
        12 => Error::TlsProtocolError,
        13 => Error::TlsCertificateError,
        14 => Error::TlsAlertReceived { alert_id: None, alert_message: None },
        15 => Error::HttpRequestDenied,
        16 => Error::HttpRequestLengthRequired,
        17 => Error::HttpRequestBodySize(None),
        18 => Error::HttpRequestMethodInvalid,
        19 => Error::HttpRequestUriInvalid,
        20 => Error::HttpRequestUriTooLong,
        21 => Error::HttpRequestHeaderSectionSize(None),
        22 => Error::HttpRequestHeaderSize { field_name, field_size },
        23 => Error::HttpRequestTrailerSectionSize(None),
        24 => Error::HttpRequestTrailerSize { field_name, field_size },
        25 => Error::HttpResponseIncomplete,
        26 => Error::HttpResponseHeaderSectionSize(None),
        27 => Error::HttpResponseHeaderSize { field_name, field_size },
        28 => Error::HttpResponseBodySize(None),
        29 => Error::HttpResponseTrailerSectionSize(None),
        30 => Error::HttpResponseTrailerSize { field_name, field_size },
        31 => Error::HttpResponseTransferCoding(None),
        32 => Error::HttpResponseContentCoding(None),
        33 => Error::HttpResponseTimeout,
        34 => Error::HttpUpgradeFailed,
        35 => Error::HttpProtocolError,
        36 => Error::LoopDetected,
        37 => Error::ConfigurationError,
        _ => Error::InternalError(None),
    }
}
