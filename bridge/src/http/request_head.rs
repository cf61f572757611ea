//! The head of a request that a guest is to answer.

use crate::abi::{PekoRequestHead, slice};
use crate::http::field_list::FieldList;
use crate::http::syntax;
use crate::http::types::Method;
use std::sync::Arc;

/// A head that is kept for the next call may keep this much text.
const KEPT_BYTES: usize = 8 << 10;

/// A checked copy of what the C side has handed over. Nothing is taken apart before the guest asks for it.
#[derive(Default)]
pub struct RequestHead {
    /// Method, target and authority, one after the other.
    text: Vec<u8>,
    method_end: usize,
    target_end: usize,
    https: bool,
    pub fields: Arc<FieldList>,
}

impl RequestHead {
    /// Fills `head`, in place when nobody else has it. The error says what is wrong with the request.
    ///
    /// # Safety
    /// The strings of `from` and of its fields are readable.
    pub unsafe fn renew(head: &mut Arc<RequestHead>, from: &PekoRequestHead) -> Result<(), String> {
        // Safety: the caller vouches for the strings.
        unsafe { unshared(head).fill(from) }
    }

    /// # Safety
    /// As of `renew`.
    unsafe fn fill(&mut self, from: &PekoRequestHead) -> Result<(), String> {
        // Safety: the caller vouches for the strings.
        let (method, target, authority, fields) = unsafe {
            (from.method.bytes(), from.target.bytes(), from.authority.bytes(), slice(from.fields, from.field_count))
        };
        let shown = |bytes: &[u8]| String::from_utf8_lossy(&bytes[..bytes.len().min(128)]).into_owned();
        if !syntax::is_token(method) {
            return Err(format!("method {:?} is not a token", shown(method)));
        }
        if !syntax::is_request_target(target) {
            return Err(format!("target {:?} is not a path and query", shown(target)));
        }
        if !syntax::is_host_and_port(authority) {
            return Err(format!("authority {:?} is not host[:port]", shown(authority)));
        }
        self.text.clear();
        self.text.shrink_to(KEPT_BYTES);
        self.text.reserve(method.len() + target.len() + authority.len());
        self.text.extend_from_slice(method);
        self.text.extend_from_slice(target);
        self.text.extend_from_slice(authority);
        self.method_end = method.len();
        self.target_end = method.len() + target.len();
        self.https = from.https != 0;
        let list = unshared(&mut self.fields);
        list.clear();
        // Safety: the caller vouches for the strings.
        unsafe { list.fill(fields) }
    }

    pub fn is_head(&self) -> bool {
        &self.text[..self.method_end] == b"HEAD"
    }

    pub fn method(&self) -> Method {
        match &self.text[..self.method_end] {
            b"GET" => Method::Get,
            b"HEAD" => Method::Head,
            b"POST" => Method::Post,
            b"PUT" => Method::Put,
            b"DELETE" => Method::Delete,
            b"CONNECT" => Method::Connect,
            b"OPTIONS" => Method::Options,
            b"TRACE" => Method::Trace,
            b"PATCH" => Method::Patch,
            other => Method::Other(text(other)),
        }
    }

    pub fn target(&self) -> String {
        text(&self.text[self.method_end..self.target_end])
    }

    pub fn authority(&self) -> String {
        text(&self.text[self.target_end..])
    }

    pub fn https(&self) -> bool {
        self.https
    }
}

/// What `shared` holds if nobody else has it, else a new one in its place.
fn unshared<T: Default>(shared: &mut Arc<T>) -> &mut T {
    if Arc::get_mut(shared).is_none() {
        *shared = Arc::default();
    }
    Arc::get_mut(shared).expect("nobody else has a new one")
}

/// It is UTF-8: `fill` has seen to that.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
