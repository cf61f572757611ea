//! Header fields between the C side and the `http` crate.

use crate::abi::{PekoField, PekoStr};
use http::{HeaderMap, HeaderName, HeaderValue};

/// Fields that belong to the connection, never to a guest: wasmtime-wasi-http's DEFAULT_FORBIDDEN_HEADERS (a test
/// compares them).
pub fn is_forbidden(name: &str) -> bool {
    matches!(
        name,
        "connection"
            | "keep-alive"
            | "proxy-authenticate"
            | "proxy-authorization"
            | "proxy-connection"
            | "transfer-encoding"
            | "upgrade"
            | "host"
            | "http2-settings"
    )
}

/// Copies `fields`, leaving out the forbidden ones. The error says what is wrong with which field.
///
/// # Safety
/// The strings of `fields` are readable.
pub unsafe fn to_map(fields: &[PekoField]) -> Result<HeaderMap, String> {
    let mut map = HeaderMap::new();
    map.try_reserve(fields.len()).map_err(|error| error.to_string())?;
    for field in fields {
        // Safety: the caller vouches for the strings.
        let (name, value) = unsafe { (field.name.bytes(), field.value.bytes()) };
        // Each request has a Host, which is dropped below: not worth parsing.
        if name.eq_ignore_ascii_case(b"host") {
            continue;
        }
        let shown = || String::from_utf8_lossy(&name[..name.len().min(64)]).into_owned();
        let header = HeaderName::from_bytes(name).map_err(|_| format!("field name {:?} is not a token", shown()))?;
        if is_forbidden(header.as_str()) {
            continue;
        }
        let value =
            HeaderValue::from_bytes(value).map_err(|_| format!("value of field {} has control characters", shown()))?;
        map.try_append(header, value).map_err(|error| error.to_string())?;
    }
    Ok(map)
}

/// Fills `views` with what `map` holds; valid as long as `map` is neither changed nor moved out of its allocation.
pub fn view(map: &HeaderMap, views: &mut Vec<PekoField>) {
    views.clear();
    views.extend(map.iter().map(|(name, value)| PekoField {
        name: PekoStr::of(name.as_str().as_bytes()),
        value: PekoStr::of(value.as_bytes()),
    }));
}
