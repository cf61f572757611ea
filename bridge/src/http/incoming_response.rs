//! `future-incoming-response`, and the `incoming-response` that it brings.

use crate::context::Context;
use crate::http::body_pipe::BodyPipe;
use crate::http::body_queue::{BodyIn, BodyQueue};
use crate::http::field_list::FieldList;
use crate::http::fields::Fields;
use crate::http::incoming_body::IncomingBody;
use crate::http::{ErrorCode, types};
use crate::key_value::Slot;
use crate::outbound::Awaited;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{self, Poll, Waker};
use wasmtime::Result;
use wasmtime::component::Resource;
use wasmtime_wasi::p2::{self, DynPollable, Pollable};

/// Status and fields of an answer to an outbound request.
pub struct ResponseHead {
    pub status: u16,
    pub fields: Arc<FieldList>,
}

pub enum FutureIncomingResponse {
    Awaited(Awaited),
    /// It was never sent.
    Refused(ErrorCode),
    /// These were never sent either, and fail when there is something to read, or room to write (script.rs).
    UntilReadable(Arc<BodyQueue>),
    UntilWritable(Arc<BodyPipe>),
    /// ... and when a key-value operation is answered (key_value/script.rs).
    UntilAnswered(Arc<Slot>),
    /// The guest has got it.
    Taken,
}

#[wasmtime_wasi::async_trait]
impl Pollable for FutureIncomingResponse {
    async fn ready(&mut self) {
        poll_fn(|cx| self.poll(cx)).await
    }
}

impl FutureIncomingResponse {
    fn poll(&self, cx: &mut task::Context<'_>) -> Poll<()> {
        match self {
            FutureIncomingResponse::Awaited(awaited) => awaited.poll_answered(cx.waker()),
            FutureIncomingResponse::UntilReadable(body) => body.poll_read(cx),
            FutureIncomingResponse::UntilWritable(body) => body.poll_room(cx),
            FutureIncomingResponse::UntilAnswered(slot) => slot.poll_answered(cx),
            FutureIncomingResponse::Refused(_) | FutureIncomingResponse::Taken => Poll::Ready(()),
        }
    }
}

pub struct IncomingResponse {
    head: ResponseHead,
    /// None: the guest has taken it.
    body: Option<IncomingBody>,
}

impl IncomingResponse {
    pub fn new(head: ResponseHead, body: BodyIn) -> Self {
        IncomingResponse { head, body: Some(IncomingBody::new(Some(body))) }
    }
}

type Response = Result<Resource<IncomingResponse>, ErrorCode>;

impl types::HostFutureIncomingResponse for Context {
    fn subscribe(&mut self, id: Resource<FutureIncomingResponse>) -> Result<Resource<DynPollable>> {
        p2::subscribe(&mut self.table, id)
    }

    fn get(&mut self, id: Resource<FutureIncomingResponse>) -> Result<Option<Result<Response, ()>>> {
        let future = self.table.get_mut(&id)?;
        if future.poll(&mut task::Context::from_waker(Waker::noop())).is_pending() {
            return Ok(None);
        }
        let response = match std::mem::replace(future, FutureIncomingResponse::Taken) {
            FutureIncomingResponse::Awaited(awaited) => awaited.into_response(),
            FutureIncomingResponse::Refused(error) => Err(error),
            FutureIncomingResponse::UntilReadable(_)
            | FutureIncomingResponse::UntilWritable(_)
            | FutureIncomingResponse::UntilAnswered(_) => Err(ErrorCode::ConnectionTerminated),
            FutureIncomingResponse::Taken => return Ok(Some(Err(()))),
        };
        Ok(Some(Ok(match response {
            Ok(response) => Ok(self.table.push(response)?),
            Err(error) => Err(error),
        })))
    }

    fn drop(&mut self, id: Resource<FutureIncomingResponse>) -> Result<()> {
        self.table.delete(id)?;
        Ok(())
    }
}

impl types::HostIncomingResponse for Context {
    fn status(&mut self, id: Resource<IncomingResponse>) -> Result<u16> {
        Ok(self.table.get(&id)?.head.status)
    }

    fn headers(&mut self, id: Resource<IncomingResponse>) -> Result<Resource<Fields>> {
        let fields = Fields::immutable(self.table.get(&id)?.head.fields.clone());
        Ok(self.table.push(fields)?)
    }

    fn consume(&mut self, id: Resource<IncomingResponse>) -> Result<Result<Resource<IncomingBody>, ()>> {
        match self.table.get_mut(&id)?.body.take() {
            Some(body) => Ok(Ok(self.table.push(body)?)),
            None => Ok(Err(())),
        }
    }

    fn drop(&mut self, id: Resource<IncomingResponse>) -> Result<()> {
        self.table.delete(id)?;
        Ok(())
    }
}

impl types::Host for Context {
    fn http_error_code(&mut self, error: Resource<wasmtime::Error>) -> Result<Option<ErrorCode>> {
        Ok(self.table.get(&error)?.downcast_ref::<ErrorCode>().cloned())
    }
}
