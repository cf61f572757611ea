//! `outgoing-response`, and `response-outparam`, which takes it.

use crate::context::Context;
use crate::http::ErrorCode;
use crate::http::body_pipe::BodyReader;
use crate::http::field_list::FieldList;
use crate::http::fields::Fields;
use crate::http::held::Held;
use crate::http::outgoing_body::OutgoingBody;
use crate::http::types;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use wasmtime::Result;
use wasmtime::component::Resource;

/// A response as the guest builds it, and as the C side gets it.
pub struct Response {
    pub status: u16,
    pub fields: Arc<FieldList>,
    /// None: the guest has not asked for a body, so there is none.
    pub body: Option<BodyReader>,
}

pub type OutgoingResponse = Response;

/// Where the response of a call appears: what the guest has set, until the C side takes it. And before it the news that
/// there is an instance.
pub struct ResponseSlot {
    response: Held<Option<Result<Response, ErrorCode>>>,
    /// What the instantiation took; 0 before it is done, and when there was none.
    instantiate_ns: AtomicU64,
}

impl Default for ResponseSlot {
    fn default() -> Self {
        ResponseSlot { response: Held::alone(None), instantiate_ns: AtomicU64::new(0) }
    }
}

impl ResponseSlot {
    pub fn take(&self) -> Option<Result<Response, ErrorCode>> {
        self.response.with(Option::take)
    }

    pub fn set_instantiate_ns(&self, ns: u64) {
        self.instantiate_ns.store(ns, Ordering::Relaxed);
    }

    pub fn instantiate_ns(&self) -> u64 {
        self.instantiate_ns.load(Ordering::Relaxed)
    }
}

pub struct ResponseOutparam {
    pub slot: Arc<ResponseSlot>,
}

impl Response {
    /// RFC 9110, 8.6: a response to HEAD, and one with 204 or 304, has a length and no body. Frameworks that keep the
    /// length and write nothing (axum) are right then, so nothing is counted; whoever writes a body nevertheless has it
    /// dropped by the server.
    fn is_bodyless(&self, answers_head: bool) -> bool {
        answers_head || matches!(self.status, 204 | 304)
    }
}

impl types::HostOutgoingResponse for Context {
    fn new(&mut self, headers: Resource<Fields>) -> Result<Resource<Response>> {
        let fields = self.table.delete(headers)?.into_list();
        Ok(self.table.push(Response { status: 200, fields, body: None })?)
    }

    fn status_code(&mut self, id: Resource<Response>) -> Result<u16> {
        Ok(self.table.get(&id)?.status)
    }

    fn set_status_code(&mut self, id: Resource<Response>, status: u16) -> Result<Result<(), ()>> {
        let response = self.table.get_mut(&id)?;
        // 1xx announce a response, they are none.
        if !(200..=999).contains(&status) {
            return Ok(Err(()));
        }
        response.status = status;
        Ok(Ok(()))
    }

    fn headers(&mut self, id: Resource<Response>) -> Result<Resource<Fields>> {
        let fields = Fields::immutable(self.table.get(&id)?.fields.clone());
        Ok(self.table.push(fields)?)
    }

    fn body(&mut self, id: Resource<Response>) -> Result<Result<Resource<OutgoingBody>, ()>> {
        let response = self.table.get_mut(&id)?;
        if response.body.is_some() {
            return Ok(Err(()));
        }
        let expected = match response.fields.content_length() {
            _ if response.is_bodyless(self.http.answers_head) => None,
            Ok(length) => length,
            Err(_) => return Ok(Err(())),
        };
        let pipe = self.http.new_response_pipe(expected);
        response.body = Some(BodyReader::new(pipe.clone()));
        if self.runs_script {
            self.http.response_body = Some(pipe.clone());
        }
        Ok(Ok(self.table.push(OutgoingBody::new(pipe))?))
    }

    fn drop(&mut self, id: Resource<Response>) -> Result<()> {
        self.table.delete(id)?;
        Ok(())
    }
}

impl types::HostResponseOutparam for Context {
    fn set(&mut self, id: Resource<ResponseOutparam>, response: Result<Resource<Response>, ErrorCode>) -> Result<()> {
        let answer = match response {
            Ok(response) => Ok(self.table.delete(response)?),
            Err(error) => Err(error),
        };
        let slot = self.table.delete(id)?.slot;
        // What was there before is dropped out here: it is the guest's.
        drop(slot.response.with(|slot| slot.replace(answer)));
        Ok(())
    }

    fn send_informational(
        &mut self,
        _: Resource<ResponseOutparam>,
        _: u16,
        _: Resource<Fields>,
    ) -> Result<Result<(), ErrorCode>> {
        Ok(Err(ErrorCode::InternalError(Some("informational responses are not supported".to_string()))))
    }

    fn drop(&mut self, id: Resource<ResponseOutparam>) -> Result<()> {
        self.table.delete(id)?;
        Ok(())
    }
}
