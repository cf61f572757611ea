//! A body that flows to the guest: of its own request, or of the response to an outbound one.

use crate::waker::LoopShared;
use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame};
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use wasmtime_wasi_http::Error;

/// The producer is asked for more once less than this waits for the guest.
const LOW_WATER_BYTES: usize = 32 << 10;

enum End {
    Complete(Option<HeaderMap>),
    Broken(Error),
    Over,
}

#[derive(Default)]
struct State {
    pieces: VecDeque<Bytes>,
    bytes: usize,
    end: Option<End>,
    waker: Option<Waker>,
    /// The producer has been asked since its last push.
    asked: bool,
    /// The guest has dropped its end.
    gone: bool,
}

/// Between the loop, which pushes, and the guest, which reads. Any thread on either side.
pub struct BodyQueue {
    state: Mutex<State>,
    shared: Arc<LoopShared>,
    token: u64,
}

impl BodyQueue {
    pub fn new(shared: Arc<LoopShared>, token: u64) -> Self {
        BodyQueue { state: Mutex::default(), shared, token }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends a piece (an empty one only asks). Returns the bytes that wait for the guest, None when it is gone.
    pub fn push(&self, piece: &[u8]) -> Option<usize> {
        let mut state = self.lock();
        if state.gone {
            return None;
        }
        if piece.is_empty() || state.end.is_some() {
            return Some(state.bytes);
        }
        state.pieces.push_back(Bytes::copy_from_slice(piece));
        state.bytes += piece.len();
        state.asked = false;
        let bytes = state.bytes;
        wake(state);
        Some(bytes)
    }

    /// No piece follows. The first end counts.
    pub fn finish(&self, trailers: Option<HeaderMap>) {
        self.end(End::Complete(trailers));
    }

    /// The body is cut off: the guest reads `error` after the pieces that are there.
    pub fn fail(&self, error: Error) {
        self.end(End::Broken(error));
    }

    fn end(&self, end: End) {
        let mut state = self.lock();
        if state.end.is_none() {
            state.end = Some(end);
            wake(state);
        }
    }
}

/// Wakes outside of the lock: the waker runs foreign code.
fn wake(mut state: MutexGuard<'_, State>) {
    let waker = state.waker.take();
    drop(state);
    if let Some(waker) = waker {
        waker.wake()
    }
}

/// The guest's end. `on_drop` runs when the guest has dropped it.
pub struct BodyIn {
    queue: Arc<BodyQueue>,
    on_drop: Option<Box<dyn FnOnce() + Send>>,
}

impl BodyIn {
    pub fn new(queue: Arc<BodyQueue>) -> Self {
        BodyIn { queue, on_drop: None }
    }

    pub fn with_on_drop(queue: Arc<BodyQueue>, on_drop: Box<dyn FnOnce() + Send>) -> Self {
        BodyIn { queue, on_drop: Some(on_drop) }
    }
}

impl Drop for BodyIn {
    fn drop(&mut self) {
        let mut state = self.queue.lock();
        state.gone = true;
        state.pieces.clear();
        state.bytes = 0;
        state.waker = None;
        drop(state);
        if let Some(on_drop) = self.on_drop.take() {
            on_drop()
        }
    }
}

impl Body for BodyIn {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let queue = &self.queue;
        let mut state = queue.lock();
        let frame = match state.pieces.pop_front() {
            Some(piece) => {
                state.bytes -= piece.len();
                Poll::Ready(Some(Ok(Frame::data(piece))))
            }
            None => match state.end.as_mut().map(|end| std::mem::replace(end, End::Over)) {
                Some(End::Complete(Some(trailers))) => return Poll::Ready(Some(Ok(Frame::trailers(trailers)))),
                Some(End::Broken(error)) => return Poll::Ready(Some(Err(error))),
                Some(End::Complete(None) | End::Over) => return Poll::Ready(None),
                None => {
                    // Each poll may come with another waker; the last one counts.
                    state.waker = Some(cx.waker().clone());
                    Poll::Pending
                }
            },
        };
        if state.bytes < LOW_WATER_BYTES && state.end.is_none() && !state.asked {
            state.asked = true;
            drop(state);
            queue.shared.want_body(queue.token);
        }
        frame
    }
}
