//! `incoming-body`, the stream that reads it, and `future-trailers`.

use crate::context::Context;
use crate::http::ErrorCode;
use crate::http::body_queue::{BodyIn, BodyQueue, End};
use crate::http::fields::Fields;
use crate::http::types;
use bytes::Bytes;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Poll, Waker};
use wasmtime::Result;
use wasmtime::component::Resource;
use wasmtime_wasi::p2::{self, DynInputStream, DynPollable, InputStream, Pollable, StreamError, StreamResult};

/// A body that the guest has taken. The body of a message without one is None.
pub struct IncomingBody {
    body: Option<BodyIn>,
    streamed: bool,
}

impl IncomingBody {
    pub fn new(body: Option<BodyIn>) -> Self {
        IncomingBody { body, streamed: false }
    }
}

/// Reads the body; its `incoming-body` outlives it.
struct BodyStream {
    queue: Option<Arc<BodyQueue>>,
    failed: bool,
}

impl InputStream for BodyStream {
    fn read(&mut self, max: usize) -> StreamResult<Bytes> {
        let Some(queue) = self.queue.as_ref().filter(|_| !self.failed) else { return Err(StreamError::Closed) };
        match queue.read(max) {
            Some(Ok(piece)) => Ok(piece),
            Some(Err(error)) => {
                self.failed = true;
                Err(StreamError::LastOperationFailed(error.into()))
            }
            None => Err(StreamError::Closed),
        }
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for BodyStream {
    async fn ready(&mut self) {
        if let Some(queue) = self.queue.as_ref().filter(|_| !self.failed) {
            poll_fn(|cx| queue.poll_read(cx)).await
        }
    }
}

/// What ends the body. None: the guest has got it.
pub struct FutureTrailers {
    body: Option<Option<BodyIn>>,
}

impl FutureTrailers {
    fn poll(&self, waker: &Waker) -> Poll<Option<End>> {
        match &self.body {
            None => Poll::Ready(None),
            Some(None) => Poll::Ready(Some(Ok(None))),
            Some(Some(body)) => body.queue.poll_end(waker).map(Some),
        }
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for FutureTrailers {
    async fn ready(&mut self) {
        poll_fn(|cx| self.poll(cx.waker()).map(|_| ())).await
    }
}

impl types::HostIncomingBody for Context {
    fn stream(&mut self, id: Resource<IncomingBody>) -> Result<Result<Resource<DynInputStream>, ()>> {
        let body = self.table.get_mut(&id)?;
        if std::mem::replace(&mut body.streamed, true) {
            return Ok(Err(()));
        }
        let queue = body.body.as_ref().map(|body| body.queue.clone());
        let stream: DynInputStream = Box::new(BodyStream { queue, failed: false });
        Ok(Ok(self.table.push_child(stream, &id)?))
    }

    fn finish(&mut self, id: Resource<IncomingBody>) -> Result<Resource<FutureTrailers>> {
        let body = self.table.delete(id)?;
        Ok(self.table.push(FutureTrailers { body: Some(body.body) })?)
    }

    fn drop(&mut self, id: Resource<IncomingBody>) -> Result<()> {
        self.table.delete(id)?;
        Ok(())
    }
}

type Trailers = Result<Option<Resource<Fields>>, ErrorCode>;

impl types::HostFutureTrailers for Context {
    fn subscribe(&mut self, id: Resource<FutureTrailers>) -> Result<Resource<DynPollable>> {
        p2::subscribe(&mut self.table, id)
    }

    fn get(&mut self, id: Resource<FutureTrailers>) -> Result<Option<Result<Trailers, ()>>> {
        let future = self.table.get_mut(&id)?;
        let end = match future.poll(Waker::noop()) {
            Poll::Pending => return Ok(None),
            Poll::Ready(None) => return Ok(Some(Err(()))),
            Poll::Ready(Some(end)) => end,
        };
        future.body = None;
        Ok(Some(Ok(match end {
            Ok(Some(trailers)) => Ok(Some(self.table.push(Fields::immutable(trailers))?)),
            Ok(None) => Ok(None),
            Err(error) => Err(error),
        })))
    }

    fn drop(&mut self, id: Resource<FutureTrailers>) -> Result<()> {
        self.table.delete(id)?;
        Ok(())
    }
}
