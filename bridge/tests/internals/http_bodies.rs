//! Bodies of the host of wasi:http, without a guest.

use super::http_fields::{list, shown};
use bytes::Bytes;
use peko_bridge::abi::{PekoLent, PekoLoopHooks, PekoOutboundHead, PekoStr};
use peko_bridge::chunk;
use peko_bridge::http::ErrorCode;
use peko_bridge::http::body_pipe::{BodyPipe, BodyReader, Kind, Next, WRITE_BYTES, WriteError};
use peko_bridge::http::body_queue::{BodyIn, BodyQueue};
use peko_bridge::waker::LoopShared;
use std::ffi::c_void;
use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// Counts wake-ups.
#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn waker() -> (Arc<Woken>, Waker) {
    let woken = Arc::new(Woken::default());
    (woken.clone(), Waker::from(woken))
}

fn pipe(kind: Kind, expected: Option<u64>) -> (Arc<BodyPipe>, BodyReader) {
    let pipe = Arc::new(BodyPipe::new(kind, expected));
    (pipe.clone(), BodyReader::new(pipe))
}

/// All that is in a pipe: `data` for each piece, then what it ends with.
fn drained(reader: &BodyReader) -> String {
    let mut all = String::new();
    loop {
        let end = match reader.next(None) {
            Next::Data(data) => {
                all += &format!("{} ", String::from_utf8_lossy(&data));
                continue;
            }
            Next::Trailers(list) => {
                all += &format!("{} ", shown(&list));
                continue;
            }
            Next::End => "end",
            Next::Aborted => "aborted",
            Next::Pending => "pending",
        };
        return all + end;
    }
}

#[test]
fn a_pipe_makes_its_writer_wait() {
    for kind in [Kind::Request, Kind::Response] {
        let (pipe, reader) = pipe(kind, None);
        let mut writes = 0;
        while pipe.room() == Some(WRITE_BYTES) {
            assert!(pipe.write(Bytes::from_static(b"x")).is_ok());
            writes += 1;
        }
        assert_eq!((pipe.room(), writes), (Some(0), 17));
        assert!(matches!(pipe.write(Bytes::from_static(b"y")), Err(WriteError::NoRoom)));
        let (woken, waker) = waker();
        assert_eq!(pipe.poll_room(&mut Context::from_waker(&waker)), Poll::Pending);
        assert!(matches!(reader.next(None), Next::Data(_)));
        assert_eq!(woken.0.load(Ordering::Relaxed), 1);
        assert_eq!(pipe.poll_room(&mut Context::from_waker(&waker)), Poll::Ready(()));
        assert!(matches!(pipe.write(Bytes::from(vec![0; WRITE_BYTES + 1])), Err(WriteError::NoRoom)));
        while pipe.room() == Some(WRITE_BYTES) {
            assert!(pipe.write(Bytes::from_static(b"z")).is_ok());
        }
        assert_eq!(pipe.poll_room(&mut Context::from_waker(&waker)), Poll::Pending);
        drop(reader);
        assert_eq!(woken.0.load(Ordering::Relaxed), 2, "a writer does not wait for a reader that is gone");
        assert_eq!(pipe.room(), None);
        assert!(matches!(pipe.write(Bytes::new()), Err(WriteError::Closed)));
    }
}

#[test]
fn a_pipe_holds_a_bounded_number_of_bytes() {
    let (pipe, reader) = pipe(Kind::Response, None);
    let mut held = 0;
    while let Some(room @ 1..) = pipe.room() {
        assert!(pipe.write(Bytes::from(vec![0; room])).is_ok());
        held += room;
    }
    assert_eq!(held, (1 << 20) + (64 << 10));
    let (woken, waker) = waker();
    assert!(pipe.poll_room(&mut Context::from_waker(&waker)).is_pending());
    assert!(matches!(reader.next(None), Next::Data(piece) if piece.len() == WRITE_BYTES));
    assert_eq!((woken.0.load(Ordering::Relaxed), pipe.room()), (1, Some(WRITE_BYTES)));
}

#[test]
fn a_pipe_wakes_its_writer_when_a_write_is_worth_it() {
    let (pipe, reader) = pipe(Kind::Response, None);
    for size in [40 << 10, WRITE_BYTES, WRITE_BYTES] {
        assert!(pipe.write(Bytes::from(vec![0; size])).is_ok());
    }
    assert_eq!(pipe.room(), Some(0), "24 KiB are left");
    let (woken, waker) = waker();
    assert!(pipe.poll_room(&mut Context::from_waker(&waker)).is_pending());
    assert!(matches!(reader.next(None), Next::Data(piece) if piece.len() == 40 << 10));
    assert_eq!((woken.0.load(Ordering::Relaxed), pipe.room()), (1, Some(64 << 10)));
    assert!(pipe.write(Bytes::from(vec![0; 1 << 10])).is_ok());
    assert!(pipe.poll_room(&mut Context::from_waker(&waker)).is_pending());
    assert!(matches!(reader.next(None), Next::Data(_)));
    assert_eq!((woken.0.load(Ordering::Relaxed), pipe.room()), (2, Some(WRITE_BYTES)));
}

#[test]
fn a_pipe_wakes_the_reader_that_waits() {
    let (pipe, reader) = pipe(Kind::Request, None);
    let (woken, waker) = waker();
    assert!(matches!(reader.next(Some(&waker)), Next::Pending));
    assert!(pipe.write(Bytes::from_static(b"a")).is_ok());
    assert!(pipe.write(Bytes::from_static(b"b")).is_ok());
    assert_eq!(woken.0.load(Ordering::Relaxed), 1);
    assert_eq!(drained(&reader), "a b pending");
    assert!(matches!(reader.next(Some(&waker)), Next::Pending));
    assert!(pipe.finish(None).is_ok());
    assert_eq!(woken.0.load(Ordering::Relaxed), 2);
    assert_eq!((drained(&reader), drained(&reader)), ("end".to_string(), "end".to_string()));
}

#[test]
fn a_pipe_ends_as_its_writer_says() {
    let trailers = || Some(Arc::new(list(&[("t", "1")])));
    let (one, reader) = pipe(Kind::Response, Some(3));
    assert!(one.write(Bytes::from_static(b"abc")).is_ok());
    assert!(one.finish(trailers()).is_ok());
    assert_eq!(drained(&reader), "abc t=1; end");

    let (short, reader) = pipe(Kind::Response, Some(4));
    assert!(short.write(Bytes::from_static(b"abc")).is_ok());
    assert!(matches!(short.finish(trailers()), Err(ErrorCode::HttpResponseBodySize(Some(3)))));
    assert_eq!((drained(&reader), drained(&reader)), ("abc aborted".to_string(), "aborted".to_string()));

    let (long, reader) = pipe(Kind::Request, Some(2));
    assert!(long.write(Bytes::from_static(b"a")).is_ok());
    let write = long.write(Bytes::from_static(b"bc"));
    assert!(matches!(write, Err(WriteError::TooLong(ErrorCode::HttpRequestBodySize(Some(3))))));
    assert!(matches!(long.finish(None), Err(ErrorCode::HttpRequestBodySize(Some(3)))));
    assert_eq!(drained(&reader), "a aborted");

    let (none, reader) = pipe(Kind::Response, Some(0));
    assert!(none.finish(None).is_ok());
    assert_eq!(drained(&reader), "end");

    let (dropped, reader) = pipe(Kind::Response, None);
    assert!(dropped.write(Bytes::from_static(b"abc")).is_ok());
    dropped.abort();
    assert_eq!(drained(&reader), "abc aborted");
}

#[test]
fn a_pipe_that_serves_again_knows_nothing_of_before() {
    let (used, reader) = pipe(Kind::Response, Some(9));
    assert!(used.write(Bytes::from_static(b"old")).is_ok());
    used.abort();
    drop(used);
    let mut again = reader.into_pipe();
    Arc::get_mut(&mut again).expect("nobody else has it").reset(Some(3));
    let reader = BodyReader::new(again.clone());
    assert!(again.write(Bytes::from_static(b"new")).is_ok());
    assert!(again.finish(None).is_ok());
    assert_eq!(drained(&reader), "new end");
}

/// A loop whose want_body counts in `asked`.
fn counting_loop(asked: &AtomicUsize) -> Arc<LoopShared> {
    extern "C" fn ignore(_: *mut c_void, _: u64) {}
    extern "C" fn want_body(context: *mut c_void, _: u64) {
        // Safety: it is the counter of the test, which outlives the loop.
        unsafe { &*context.cast::<AtomicUsize>() }.fetch_add(1, Ordering::Relaxed);
    }
    extern "C" fn outbound(_: *mut c_void, _: u64, _: u64, _: *const PekoOutboundHead) {}
    extern "C" fn log(_: *mut c_void, _: u64, _: i32, _: PekoStr) {}
    let context = std::ptr::from_ref(asked).cast_mut().cast();
    let hooks = PekoLoopHooks {
        context,
        wake: ignore,
        want_body,
        outbound,
        outbound_cancel: ignore,
        log,
        key_value: None,
        key_value_cancel: None,
    };
    Arc::new(LoopShared::new(hooks, Arc::default()))
}

#[test]
fn a_queue_asks_for_more_once_and_ends_with_what_it_was_told() {
    let asked = AtomicUsize::new(0);
    let queue = Arc::new(BodyQueue::new(counting_loop(&asked), 1));
    let body = BodyIn::new(queue.clone(), None);
    let (woken, waker) = waker();
    let mut cx = Context::from_waker(&waker);
    assert_eq!(queue.poll_read(&mut cx), Poll::Pending);
    assert_eq!(queue.poll_read(&mut cx), Poll::Pending);
    assert_eq!(asked.load(Ordering::Relaxed), 1, "once until the next push");
    assert_eq!(queue.push(b"hello"), Some(5));
    assert_eq!(woken.0.load(Ordering::Relaxed), 1);
    assert!(matches!(queue.read(2), Some(Ok(piece)) if piece == "he"));
    assert!(matches!(queue.read(0), Some(Ok(piece)) if piece.is_empty()));
    assert!(matches!(queue.read(9), Some(Ok(piece)) if piece == "llo"));
    assert!(matches!(queue.read(9), Some(Ok(piece)) if piece.is_empty()));
    assert_eq!(asked.load(Ordering::Relaxed), 2);
    assert_eq!(queue.push(b"rest"), Some(4));
    queue.end(Err(ErrorCode::ConnectionTerminated));
    queue.end(Ok(None));
    assert_eq!(queue.push(b"late"), Some(4), "nothing follows an end");
    assert!(matches!(queue.read(9), Some(Ok(piece)) if piece == "rest"));
    assert!(matches!(queue.read(9), Some(Err(ErrorCode::ConnectionTerminated))), "the first end counts");
    assert!(matches!(queue.poll_end(&waker), Poll::Ready(Err(ErrorCode::ConnectionTerminated))));
    drop(body);
    assert_eq!(queue.push(b"x"), None);
}

static BLOCK: [u8; 512 << 10] = [7; 512 << 10];

extern "C" fn release(count: *mut c_void) {
    // Safety: it is a counter that outlives all pieces.
    unsafe { &*count.cast::<AtomicUsize>() }.fetch_add(1, Ordering::Relaxed);
}

/// A piece of the C side; `released` counts how often it is released.
fn lend(released: &AtomicUsize) -> Bytes {
    let piece = PekoLent {
        data: BLOCK.as_ptr(),
        size: BLOCK.len(),
        release,
        owner: std::ptr::from_ref(released).cast_mut().cast(),
    };
    // Safety: the bytes are static, and the piece is not used any more.
    unsafe { chunk::take(&*ManuallyDrop::new(piece)) }
}

#[test]
fn what_is_lent_to_a_queue_is_released_once_nobody_has_a_large_part_of_it() {
    let (asked, released) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let queue = Arc::new(BodyQueue::new(counting_loop(&asked), 1));
    let body = BodyIn::new(queue.clone(), None);
    let read = |max| match queue.read(max) {
        Some(Ok(piece)) => piece,
        _ => panic!("it was pushed"),
    };
    assert_eq!(queue.push_lent(lend(&released)), Some(BLOCK.len()));
    let (large, little) = (read(100_000), read(60_000));
    assert_eq!((large.as_ptr(), &little[..]), (BLOCK.as_ptr(), &BLOCK[..60_000]));
    let rest = read(BLOCK.len());
    assert_eq!(rest.as_ptr(), BLOCK[160_000..].as_ptr());
    drop((large, rest));
    assert_eq!(released.load(Ordering::Relaxed), 1, "a little of it is a copy");
    assert_eq!(queue.push_lent(lend(&released)), Some(BLOCK.len()));
    drop(body);
    assert_eq!(released.load(Ordering::Relaxed), 2, "the guest has dropped what it has not read");
    assert_eq!(queue.push_lent(lend(&released)), None);
    assert_eq!(released.load(Ordering::Relaxed), 3, "nobody took it");
}

#[test]
fn a_queue_holds_nothing_once_its_call_is_over() {
    let (asked, released) = (AtomicUsize::new(0), AtomicUsize::new(0));
    for whole in [false, true] {
        let queue = Arc::new(BodyQueue::new(counting_loop(&asked), 1));
        let _kept = BodyIn::new(queue.clone(), None);
        assert_eq!(queue.push_lent(lend(&released)), Some(BLOCK.len()));
        if whole {
            queue.end(Ok(None));
        }
        queue.close();
        assert!(matches!(queue.read(9), Some(Err(ErrorCode::ConnectionTerminated))), "it is cut off");
        assert_eq!(queue.push(b"late"), None);
    }
    assert_eq!(released.load(Ordering::Relaxed), 2);
    let read = BodyQueue::new(counting_loop(&asked), 1);
    read.end(Ok(None));
    read.close();
    assert!(read.read(9).is_none(), "of what was read to its end nothing is missing");
    let begun = BodyQueue::new(counting_loop(&asked), 1);
    let (woken, waker) = waker();
    assert!(begun.poll_read(&mut Context::from_waker(&waker)).is_pending());
    begun.close();
    drop(waker);
    assert_eq!((woken.0.load(Ordering::Relaxed), Arc::strong_count(&woken)), (0, 1), "nobody waits any more");
    assert!(matches!(begun.read(9), Some(Err(ErrorCode::ConnectionTerminated))), "what has not come yet never does");
}

#[test]
fn whoever_waits_for_the_trailers_throws_the_body_away() {
    let asked = AtomicUsize::new(0);
    let queue = BodyQueue::new(counting_loop(&asked), 1);
    let (woken, waker) = waker();
    assert_eq!(queue.push(&[0; 100_000]), Some(100_000));
    assert!(queue.poll_end(&waker).is_pending());
    assert_eq!((queue.push(b""), asked.load(Ordering::Relaxed)), (Some(0), 1), "there is room again");
    queue.end(Ok(Some(Arc::new(list(&[("t", "1")])))));
    assert_eq!(woken.0.load(Ordering::Relaxed), 1);
    assert!(matches!(queue.poll_end(&waker), Poll::Ready(Ok(Some(trailers))) if shown(&trailers) == "t=1;"));
}
