//! A body that flows to the guest: of its own request, or of the response to an outbound one.

use crate::http::ErrorCode;
use crate::http::field_list::FieldList;
use crate::outbound::Waiting;
use crate::waker::LoopShared;
use bytes::Bytes;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// The producer is asked for more once less than this waits for the guest.
const LOW_WATER_BYTES: usize = 32 << 10;

/// How a body ends: with its trailers, if it has any, or broken off.
pub type End = Result<Option<Arc<FieldList>>, ErrorCode>;

/// Of a lent piece, less is copied: the guest may keep it for long, and the whole block with it.
const LENT_MIN: usize = 64 << 10;

struct Piece {
    bytes: Bytes,
    lent: bool,
}

#[derive(Default)]
struct State {
    pieces: VecDeque<Piece>,
    bytes: usize,
    end: Option<End>,
    waker: Option<Waker>,
    /// The producer has been asked since its last push.
    asked: bool,
    /// The guest has dropped its end, or the call is over.
    gone: bool,
}

impl State {
    /// Empties it. To be dropped outside of the lock: what is lent is released by foreign code.
    fn drop_pieces(&mut self) -> VecDeque<Piece> {
        self.bytes = 0;
        std::mem::take(&mut self.pieces)
    }

    /// Nobody reads any more. To be dropped outside of the lock, too.
    fn leave(&mut self) -> (VecDeque<Piece>, Option<Waker>) {
        self.gone = true;
        (self.drop_pieces(), self.waker.take())
    }
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
        self.add(piece.len(), || Piece { bytes: Bytes::copy_from_slice(piece), lent: false })
    }

    /// The same without a copy; large parts reach the guest as they are.
    pub fn push_lent(&self, piece: Bytes) -> Option<usize> {
        self.add(piece.len(), || Piece { bytes: piece, lent: true })
    }

    fn add(&self, size: usize, piece: impl FnOnce() -> Piece) -> Option<usize> {
        let mut state = self.lock();
        if state.gone {
            return None;
        }
        if size == 0 || state.end.is_some() {
            return Some(state.bytes);
        }
        state.pieces.push_back(piece());
        state.bytes += size;
        state.asked = false;
        let bytes = state.bytes;
        wake(state);
        Some(bytes)
    }

    /// No piece follows. The first end counts.
    pub fn end(&self, end: End) {
        let mut state = self.lock();
        if state.end.is_none() {
            state.end = Some(end);
            wake(state);
        }
    }

    /// The call is over: nothing follows. A guest that still has its end holds no memory by it, and is told that what it has
    /// not read is missing.
    pub fn close(&self) {
        let held; // dropped after the lock
        let mut state = self.lock();
        held = state.leave();
        if state.end.is_none() || !held.0.is_empty() {
            state.end = Some(Err(ErrorCode::ConnectionTerminated));
        }
    }

    /// Up to `max` bytes: empty when there are none yet. None at the end, or the error that it ends with.
    pub fn read(&self, max: usize) -> Option<Result<Bytes, ErrorCode>> {
        let mut state = self.lock();
        let Some(first) = state.pieces.front_mut() else {
            return match &state.end {
                None => Some(Ok(Bytes::new())),
                Some(Ok(_)) => None,
                Some(Err(error)) => Some(Err(error.clone())),
            };
        };
        let lent = first.lent;
        let piece = first.bytes.split_to(max.min(first.bytes.len()));
        if first.bytes.is_empty() {
            state.pieces.pop_front();
        }
        state.bytes -= piece.len();
        self.ask(state);
        Some(Ok(if lent && piece.len() < LENT_MIN { Bytes::copy_from_slice(&piece) } else { piece }))
    }

    /// Ready when `read` brings something.
    pub fn poll_read(&self, cx: &mut Context<'_>) -> Poll<()> {
        let state = self.lock();
        if !state.pieces.is_empty() || state.end.is_some() {
            return Poll::Ready(());
        }
        self.wait(state, cx.waker())
    }

    /// The end, after throwing away what comes before it.
    pub fn poll_end(&self, waker: &Waker) -> Poll<End> {
        let _unread; // dropped after the lock
        let mut state = self.lock();
        _unread = state.drop_pieces();
        match &state.end {
            Some(end) => Poll::Ready(end.clone()),
            None => self.wait(state, waker).map(|()| Ok(None)),
        }
    }

    /// Each poll may come with another waker; the last one counts.
    fn wait(&self, mut state: MutexGuard<'_, State>, waker: &Waker) -> Poll<()> {
        state.waker = Some(waker.clone());
        self.ask(state);
        Poll::Pending
    }

    /// Tells the producer, outside of the lock, that there is room.
    fn ask(&self, mut state: MutexGuard<'_, State>) {
        if state.bytes < LOW_WATER_BYTES && state.end.is_none() && !state.asked {
            state.asked = true;
            drop(state);
            self.shared.want_body(self.token);
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

/// The guest's end. Dropping it tells the producer that nobody reads any more, and cancels the outbound request whose
/// response it is.
pub struct BodyIn {
    pub queue: Arc<BodyQueue>,
    _waiting: Option<Waiting>,
}

impl BodyIn {
    pub fn new(queue: Arc<BodyQueue>, waiting: Option<Waiting>) -> Self {
        BodyIn { queue, _waiting: waiting }
    }
}

impl Drop for BodyIn {
    fn drop(&mut self) {
        let _held = self.queue.lock().leave(); // dropped after the lock
    }
}
