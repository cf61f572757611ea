//! `outgoing-body`, and the stream that writes it.

use crate::context::Context;
use crate::http::ErrorCode;
use crate::http::body_pipe::{BodyPipe, WriteError};
use crate::http::fields::Fields;
use crate::http::types;
use bytes::Bytes;
use std::future::poll_fn;
use std::sync::Arc;
use wasmtime::Result;
use wasmtime::component::Resource;
use wasmtime_wasi::p2::{DynOutputStream, OutputStream, Pollable, StreamError, StreamResult};

/// The guest's end of a body. It is not aborted when it is dropped with its store: then the call has failed anyway.
pub struct OutgoingBody {
    pipe: Arc<BodyPipe>,
    streamed: bool,
}

impl OutgoingBody {
    pub fn new(pipe: Arc<BodyPipe>) -> Self {
        OutgoingBody { pipe, streamed: false }
    }
}

struct BodyWriter {
    pipe: Arc<BodyPipe>,
}

impl OutputStream for BodyWriter {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.pipe.write(bytes).map_err(|error| match error {
            WriteError::Closed => StreamError::Closed,
            WriteError::TooLong(error) => StreamError::LastOperationFailed(error.into()),
            WriteError::NoRoom => StreamError::trap("a write of more than check-write has allowed"),
        })
    }

    /// There is nothing to flush: what is written is with the C side.
    fn flush(&mut self) -> StreamResult<()> {
        self.check_write().map(|_| ())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        self.pipe.room().ok_or(StreamError::Closed)
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for BodyWriter {
    async fn ready(&mut self) {
        poll_fn(|cx| self.pipe.poll_room(cx)).await
    }
}

impl types::HostOutgoingBody for Context {
    fn write(&mut self, id: Resource<OutgoingBody>) -> Result<Result<Resource<DynOutputStream>, ()>> {
        let body = self.table.get_mut(&id)?;
        if std::mem::replace(&mut body.streamed, true) {
            return Ok(Err(()));
        }
        let stream: DynOutputStream = Box::new(BodyWriter { pipe: body.pipe.clone() });
        Ok(Ok(self.table.push_child(stream, &id)?))
    }

    fn finish(
        &mut self,
        id: Resource<OutgoingBody>,
        trailers: Option<Resource<Fields>>,
    ) -> Result<Result<(), ErrorCode>> {
        let body = self.table.delete(id)?;
        let trailers = match trailers {
            Some(id) => Some(self.table.delete(id)?.into_list()),
            None => None,
        };
        Ok(body.pipe.finish(trailers))
    }

    fn drop(&mut self, id: Resource<OutgoingBody>) -> Result<()> {
        self.table.delete(id)?.pipe.abort();
        Ok(())
    }
}
