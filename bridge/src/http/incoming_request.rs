//! `incoming-request`: what the guest is to answer.

use crate::context::Context;
use crate::http::body_queue::BodyIn;
use crate::http::fields::Fields;
use crate::http::incoming_body::IncomingBody;
use crate::http::request_head::RequestHead;
use crate::http::types::{self, Method, Scheme};
use std::sync::Arc;
use wasmtime::Result;
use wasmtime::component::Resource;

pub struct IncomingRequest {
    head: Arc<RequestHead>,
    /// None: the guest has taken it.
    body: Option<IncomingBody>,
}

impl IncomingRequest {
    pub fn new(head: Arc<RequestHead>, body: Option<BodyIn>) -> Self {
        IncomingRequest { head, body: Some(IncomingBody::new(body)) }
    }
}

impl types::HostIncomingRequest for Context {
    fn method(&mut self, id: Resource<IncomingRequest>) -> Result<Method> {
        Ok(self.table.get(&id)?.head.method())
    }

    fn path_with_query(&mut self, id: Resource<IncomingRequest>) -> Result<Option<String>> {
        Ok(Some(self.table.get(&id)?.head.target()))
    }

    fn scheme(&mut self, id: Resource<IncomingRequest>) -> Result<Option<Scheme>> {
        Ok(Some(if self.table.get(&id)?.head.https() { Scheme::Https } else { Scheme::Http }))
    }

    fn authority(&mut self, id: Resource<IncomingRequest>) -> Result<Option<String>> {
        Ok(Some(self.table.get(&id)?.head.authority()))
    }

    fn headers(&mut self, id: Resource<IncomingRequest>) -> Result<Resource<Fields>> {
        let fields = Fields::immutable(self.table.get(&id)?.head.fields.clone());
        Ok(self.table.push(fields)?)
    }

    fn consume(&mut self, id: Resource<IncomingRequest>) -> Result<Result<Resource<IncomingBody>, ()>> {
        match self.table.get_mut(&id)?.body.take() {
            Some(body) => Ok(Ok(self.table.push(body)?)),
            None => Ok(Err(())),
        }
    }

    fn drop(&mut self, id: Resource<IncomingRequest>) -> Result<()> {
        self.table.delete(id)?;
        Ok(())
    }
}
