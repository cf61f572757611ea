//! A body that flows from the guest to the C side: of its response, or of an outbound request.

use crate::http::ErrorCode;
use crate::http::field_list::FieldList;
use crate::http::held::Held;
use bytes::Bytes;
use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// Writes that wait for the loop, and their bytes: a body of 1 MiB, and room for what comes behind it.
const WRITES_MAX: usize = 17;
const QUEUE_BYTES: usize = (1 << 20) + ROOM_MIN;
/// The most that one write brings: what is spliced is passed on in as large pieces as it came.
pub const WRITE_BYTES: usize = 512 << 10;
/// A guest waits until it can write so much.
const ROOM_MIN: usize = 64 << 10;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Request,
    Response,
}

enum End {
    Open,
    Finished,
    Trailers(Arc<FieldList>),
    Aborted,
}

struct State {
    kind: Kind,
    pieces: VecDeque<Bytes>,
    /// In `pieces`.
    bytes: usize,
    /// What the content-length says, if it is there and counts.
    expected: Option<u64>,
    written: u64,
    end: End,
    /// The C side has dropped its end.
    reader_gone: bool,
    /// The guest, which waits for room.
    writer: Option<Waker>,
    /// The C side, which waits for a piece.
    reader: Option<Waker>,
}

/// Between the guest, which writes, and the C side, which reads.
pub struct BodyPipe {
    state: Held<State>,
}

/// Why a write is not taken.
pub enum WriteError {
    /// Nobody reads any more.
    Closed,
    /// More than the content-length says. The bytes are dropped and the body cannot be finished any more.
    TooLong(ErrorCode),
    /// There was no room: the caller has not asked.
    NoRoom,
}

impl BodyPipe {
    /// A response's body belongs to its invocation; a request's is read by a loop whatever its guest does.
    pub fn new(kind: Kind, expected: Option<u64>) -> Self {
        let state = State {
            kind,
            pieces: VecDeque::new(),
            bytes: 0,
            expected,
            written: 0,
            end: End::Open,
            reader_gone: false,
            writer: None,
            reader: None,
        };
        let state = match kind {
            Kind::Request => Held::locked(state),
            Kind::Response => Held::alone(state),
        };
        BodyPipe { state }
    }

    /// Makes it the pipe of another body of the same kind.
    pub fn reset(&mut self, expected: Option<u64>) {
        let state = self.state.get_mut();
        state.pieces.clear();
        state.bytes = 0;
        state.expected = expected;
        state.written = 0;
        state.end = End::Open;
        state.reader_gone = false;
        state.writer = None;
        state.reader = None;
    }

    /// How much one write may bring now: 0 when there is no room, None when nobody reads any more.
    pub fn room(&self) -> Option<usize> {
        self.state.with(|state| if state.reader_gone { None } else { Some(room(state)) })
    }

    /// Ready when `room` is not 0.
    pub fn poll_room(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.state.with(|state| {
            if state.reader_gone || room(state) > 0 {
                return Poll::Ready(());
            }
            state.writer = Some(cx.waker().clone());
            Poll::Pending
        })
    }

    pub fn write(&self, piece: Bytes) -> Result<(), WriteError> {
        let reader = self.state.with(|state| {
            if state.reader_gone {
                return Err(WriteError::Closed);
            }
            if piece.len() > room(state) {
                return Err(WriteError::NoRoom);
            }
            state.written += piece.len() as u64;
            if state.expected.is_some_and(|expected| state.written > expected) {
                return Err(WriteError::TooLong(size_error(state)));
            }
            if !piece.is_empty() {
                state.bytes += piece.len();
                state.pieces.push_back(piece);
            }
            Ok(state.reader.take())
        })?;
        wake(reader);
        Ok(())
    }

    /// The guest has written all of it. The error: it has not written what the content-length says, the body is aborted.
    pub fn finish(&self, trailers: Option<Arc<FieldList>>) -> Result<(), ErrorCode> {
        let (result, reader) = self.state.with(|state| {
            let result = match state.expected {
                Some(expected) if expected != state.written => Err(size_error(state)),
                _ => Ok(()),
            };
            state.end = match (&result, trailers) {
                (Err(_), _) => End::Aborted,
                (Ok(()), Some(trailers)) => End::Trailers(trailers),
                (Ok(()), None) => End::Finished,
            };
            (result, state.reader.take())
        });
        wake(reader);
        result
    }

    /// The guest has dropped it unfinished.
    pub fn abort(&self) {
        let reader = self.state.with(|state| {
            state.end = End::Aborted;
            state.reader.take()
        });
        wake(reader)
    }
}

fn room(state: &State) -> usize {
    match QUEUE_BYTES - state.bytes {
        free if free >= ROOM_MIN && state.pieces.len() < WRITES_MAX => free.min(WRITE_BYTES),
        _ => 0,
    }
}

fn size_error(state: &State) -> ErrorCode {
    match state.kind {
        Kind::Request => ErrorCode::HttpRequestBodySize(Some(state.written)),
        Kind::Response => ErrorCode::HttpResponseBodySize(Some(state.written)),
    }
}

/// Outside of the pipe: the waker runs foreign code.
fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake()
    }
}

/// What comes next out of a pipe.
pub enum Next {
    Data(Bytes),
    Trailers(Arc<FieldList>),
    End,
    Aborted,
    /// Nothing yet.
    Pending,
}

/// The C side's end. Dropping it tells the guest that nobody reads any more.
pub struct BodyReader {
    pipe: Arc<BodyPipe>,
}

impl BodyReader {
    pub fn new(pipe: Arc<BodyPipe>) -> Self {
        BodyReader { pipe }
    }

    /// `waker`, if there is one, is woken when more has come after `Pending`.
    pub fn next(&self, waker: Option<&Waker>) -> Next {
        let (next, writer) = self.pipe.state.with(|state| {
            if let Some(piece) = state.pieces.pop_front() {
                state.bytes -= piece.len();
                // One that waits is woken when a write fits again.
                let writer = if room(state) > 0 { state.writer.take() } else { None };
                return (Next::Data(piece), writer);
            }
            let next = match std::mem::replace(&mut state.end, End::Finished) {
                End::Finished => Next::End,
                End::Trailers(trailers) => Next::Trailers(trailers),
                End::Aborted => {
                    state.end = End::Aborted;
                    Next::Aborted
                }
                End::Open => {
                    state.end = End::Open;
                    state.reader = waker.cloned();
                    Next::Pending
                }
            };
            (next, None)
        });
        wake(writer);
        next
    }

    /// Ends the reading; the pipe may serve another body if the guest has no part in it any more.
    pub fn into_pipe(self) -> Arc<BodyPipe> {
        self.pipe.clone()
    }
}

impl Drop for BodyReader {
    fn drop(&mut self) {
        let writer = self.pipe.state.with(|state| {
            state.reader_gone = true;
            state.pieces.clear();
            state.bytes = 0;
            state.reader = None;
            state.writer.take()
        });
        wake(writer)
    }
}
