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
    text: String,
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
        let head = match Arc::get_mut(head) {
            Some(_) => Arc::get_mut(head),
            None => {
                *head = Arc::default();
                Arc::get_mut(head)
            }
        };
        // Safety: the caller vouches for the strings.
        head.map_or(Ok(()), |head| unsafe { head.fill(from) })
    }

    /// # Safety
    /// As of `renew`.
    unsafe fn fill(&mut self, from: &PekoRequestHead) -> Result<(), String> {
        // Safety: the caller vouches for the strings.
        let (method, target, authority, fields) = unsafe {
            (from.method.bytes(), from.target.bytes(), from.authority.bytes(), slice(from.fields, from.field_count))
        };
        let shown = |bytes: &[u8]| String::from_utf8_lossy(&bytes[..bytes.len().min(128)]).into_owned();
        let method = std::str::from_utf8(method)
            .ok()
            .filter(|method| syntax::is_token(method.as_bytes()))
            .ok_or_else(|| format!("method {:?} is not a token", shown(method)))?;
        let target = std::str::from_utf8(target)
            .ok()
            .filter(|target| syntax::is_request_target(target))
            .ok_or_else(|| format!("target {:?} is not a path and query", shown(target)))?;
        let authority = std::str::from_utf8(authority)
            .ok()
            .filter(|authority| syntax::is_host_and_port(authority.as_bytes()))
            .ok_or_else(|| format!("authority {:?} is not host[:port]", shown(authority)))?;
        self.text.clear();
        self.text.shrink_to(KEPT_BYTES);
        self.text.reserve(method.len() + target.len() + authority.len());
        self.text.push_str(method);
        self.text.push_str(target);
        self.text.push_str(authority);
        self.method_end = method.len();
        self.target_end = method.len() + target.len();
        self.https = from.https != 0;
        let list = match Arc::get_mut(&mut self.fields) {
            Some(list) => list,
            None => {
                self.fields = Arc::default();
                Arc::make_mut(&mut self.fields)
            }
        };
        list.clear();
        // Safety: the caller vouches for the strings.
        unsafe { list.fill(fields) }
    }

    fn method_text(&self) -> &str {
        &self.text[..self.method_end]
    }

    pub fn is_head(&self) -> bool {
        self.method_text() == "HEAD"
    }

    pub fn method(&self) -> Method {
        match self.method_text() {
            "GET" => Method::Get,
            "HEAD" => Method::Head,
            "POST" => Method::Post,
            "PUT" => Method::Put,
            "DELETE" => Method::Delete,
            "CONNECT" => Method::Connect,
            "OPTIONS" => Method::Options,
            "TRACE" => Method::Trace,
            "PATCH" => Method::Patch,
            other => Method::Other(other.to_owned()),
        }
    }

    pub fn target(&self) -> &str {
        &self.text[self.method_end..self.target_end]
    }

    pub fn authority(&self) -> &str {
        &self.text[self.target_end..]
    }

    pub fn https(&self) -> bool {
        self.https
    }
}
