//! The head of a request, from the header's types to those of the `http` crate.

use crate::abi::{PekoRequestHead, slice};
use crate::fields;
use http::uri::{Authority, PathAndQuery, Scheme};

/// The error says what is wrong with the head.
///
/// # Safety
/// The strings of `head` and of its fields are readable.
pub unsafe fn parts(head: &PekoRequestHead) -> Result<http::request::Parts, String> {
    // Safety: the caller vouches for the strings.
    let (method, target, authority, fields) = unsafe {
        (head.method.bytes(), head.target.bytes(), head.authority.bytes(), slice(head.fields, head.field_count))
    };
    let shown = |bytes: &[u8]| String::from_utf8_lossy(&bytes[..bytes.len().min(128)]).into_owned();
    let mut uri = http::uri::Parts::default();
    uri.scheme = Some(if head.https != 0 { Scheme::HTTPS } else { Scheme::HTTP });
    uri.authority = Some(
        Authority::try_from(authority).map_err(|_| format!("authority {:?} is not host[:port]", shown(authority)))?,
    );
    let path =
        PathAndQuery::try_from(target).map_err(|_| format!("target {:?} is not a path and query", shown(target)))?;
    uri.path_and_query = Some(path);
    let (mut parts, ()) = http::Request::new(()).into_parts();
    parts.method =
        http::Method::from_bytes(method).map_err(|_| format!("method {:?} is not a token", shown(method)))?;
    parts.uri = http::Uri::from_parts(uri).map_err(|error| error.to_string())?;
    // Safety: the caller vouches for the fields.
    parts.headers = unsafe { fields::to_map(fields)? };
    Ok(parts)
}
