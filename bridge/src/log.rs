//! What a guest writes to stdout and stderr, handed to the loop's hook in the pieces that it writes.

use crate::waker::LoopShared;
use bytes::Bytes;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

/// The most of one write.
const WRITE_BYTES: usize = 64 << 10;

/// Where the output of an instance goes at the moment: it changes with each call.
pub struct LogTarget {
    token: AtomicU64,
    shared: Mutex<Arc<LoopShared>>,
}

impl LogTarget {
    pub fn new(shared: Arc<LoopShared>, token: u64) -> Self {
        LogTarget { token: AtomicU64::new(token), shared: Mutex::new(shared) }
    }

    pub fn set_token(&self, token: u64) {
        self.token.store(token, Ordering::Relaxed);
    }

    pub fn set_loop(&self, shared: Arc<LoopShared>) {
        *self.shared.lock().unwrap_or_else(PoisonError::into_inner) = shared;
    }

    pub fn emit(&self, stream: i32, bytes: &[u8]) {
        if !bytes.is_empty() {
            let shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
            shared.log(self.token.load(Ordering::Relaxed), stream, bytes);
        }
    }
}

/// One of the two streams of an instance.
#[derive(Clone)]
pub struct LogStream {
    target: Arc<LogTarget>,
    stream: i32,
}

impl LogStream {
    pub fn stdout(target: Arc<LogTarget>) -> Self {
        LogStream { target, stream: 1 }
    }

    pub fn stderr(target: Arc<LogTarget>) -> Self {
        LogStream { target, stream: 2 }
    }
}

impl IsTerminal for LogStream {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for LogStream {
    fn async_stream(&self) -> Box<dyn tokio::io::AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for LogStream {
    async fn ready(&mut self) {}
}

impl OutputStream for LogStream {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.target.emit(self.stream, &bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(WRITE_BYTES)
    }
}

impl tokio::io::AsyncWrite for LogStream {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        self.target.emit(self.stream, bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
