//! The parts of the host of wasi:http that need no guest.

use bytes::Bytes;
use peko_bridge::abi::{PekoField, PekoLoopHooks, PekoOutboundHead, PekoRequestHead, PekoStr};
use peko_bridge::http::ErrorCode;
use peko_bridge::http::body_pipe::{BodyPipe, BodyReader, Kind, Next, WRITE_BYTES, WriteError};
use peko_bridge::http::body_queue::{BodyIn, BodyQueue};
use peko_bridge::http::field_list::{FieldList, Refusal, is_forbidden};
use peko_bridge::http::request_head::RequestHead;
use peko_bridge::http::syntax;
use peko_bridge::waker::LoopShared;
use std::ffi::c_void;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

const MAX: usize = 4096;

fn shown(list: &FieldList) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    list.iter().map(|(name, value)| format!("{}={};", text(name), text(value))).collect()
}

fn list(fields: &[(&str, &str)]) -> FieldList {
    let mut list = FieldList::default();
    for (name, value) in fields {
        list.append(name.as_bytes(), value.as_bytes(), MAX).expect("it is a field");
    }
    list
}

#[test]
fn forbidden_fields_are_those_of_the_connection() {
    let known = [
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "transfer-encoding",
        "upgrade",
        "host",
        "http2-settings",
    ];
    for name in known {
        assert!(is_forbidden(name.as_bytes()), "{name}");
        let mut list = FieldList::default();
        assert_eq!(list.append(name.to_uppercase().as_bytes(), b"x", MAX), Err(Refusal::Forbidden), "{name}");
        assert_eq!(list.set(name.as_bytes(), &[b"x"], MAX), Err(Refusal::Forbidden), "{name}");
        assert_eq!(list.size(), 0, "nothing is left of it");
    }
    for name in ["te", "trailer", "content-length", "x-host", "hosts", ""] {
        assert!(!is_forbidden(name.as_bytes()), "{name}");
    }
}

#[test]
fn hostile_names_and_values_are_refused() {
    let names: [&[u8]; 12] =
        [b"", b" ", b"a b", b"a:", b"a\0", b"a\r\n", b"\xffa", "é".as_bytes(), b"(a)", b"a,b", b"a\x7f", b"\"a\""];
    let values: [&[u8]; 6] = [b"\0", b"a\r\nb: c", b"\n", b"a\x7f", b"0123456789abcdef\x01", b"\x1b[2J"];
    let mut list = list(&[("kept", "1")]);
    for name in names {
        assert_eq!(list.append(name, b"x", MAX), Err(Refusal::Syntax), "{name:?}");
        assert_eq!(list.set(name, &[b"x"], MAX), Err(Refusal::Syntax), "{name:?}");
        assert!(!list.contains(name), "{name:?}");
    }
    for value in values {
        assert_eq!(list.append(b"name", value, MAX), Err(Refusal::Syntax), "{value:?}");
        assert_eq!(list.set(b"kept", &[b"2", value], MAX), Err(Refusal::Syntax), "{value:?}");
    }
    assert_eq!(shown(&list), "kept=1;", "a refusal changes nothing");
    for value in [&b""[..], b"\t", b"a b", b"\x80\xff", "é".as_bytes(), b" "] {
        assert_eq!(list.append(b"!#$%&'*+-.^_`|~09Az", value, MAX), Ok(()), "{value:?}");
    }
    assert_eq!(list.values(b"!#$%&'*+-.^_`|~09aZ").count(), 6);
}

#[test]
fn names_are_compared_whatever_their_case() {
    let mut all = list(&[("X-A", "1"), ("b", "2"), ("x-a", "3")]);
    assert_eq!(shown(&all), "x-a=1;b=2;x-a=3;");
    assert_eq!(all.values(b"X-a").collect::<Vec<_>>(), [b"1", b"3"]);
    assert_eq!(all.set(b"X-A", &[b"4", b"5"], MAX), Ok(()));
    assert_eq!(shown(&all), "x-a=4;x-a=5;b=2;", "in the place of the first one");
    assert_eq!(all.set(b"new", &[b"6"], MAX), Ok(()));
    let none: [&[u8]; 0] = [];
    assert_eq!(all.set(b"X-A", &none, MAX), Ok(()));
    assert_eq!(all.set(b"absent", &none, MAX), Ok(()));
    assert_eq!(shown(&all), "b=2;new=6;");
    all.clear();
    assert!(all.is_empty() && all.size() == 0);
}

#[test]
fn a_list_has_one_content_length_and_it_is_a_number() {
    for value in ["", "+5", "-5", " 5", "5 ", "5,5", "0x5", "5.0", "18446744073709551616"] {
        let mut list = FieldList::default();
        assert_eq!(list.append(b"Content-Length", value.as_bytes(), MAX), Err(Refusal::Syntax), "{value:?}");
        assert_eq!(list.set(b"content-length", &[value], MAX), Err(Refusal::Syntax), "{value:?}");
    }
    let mut list = list(&[("content-length", "18446744073709551615")]);
    assert_eq!(list.content_length(), Ok(Some(u64::MAX)));
    assert_eq!(list.append(b"Content-Length", b"5", MAX), Err(Refusal::Syntax));
    assert_eq!(list.set(b"content-length", &["5", "5"], MAX), Err(Refusal::Syntax));
    assert_eq!(list.set(b"Content-Length", &["7"], MAX), Ok(()));
    assert_eq!(list.content_length(), Ok(Some(7)));
    assert_eq!(FieldList::default().content_length(), Ok(None));
}

#[test]
fn a_list_cannot_grow_over_its_limit() {
    let mut full = FieldList::default();
    let mut count = 0;
    while full.append(b"a", b"", 1000).is_ok() {
        count += 1;
    }
    assert_eq!(full.append(b"a", b"", 1000), Err(Refusal::TooBig));
    assert_eq!(count, 1000 / 33, "an empty field costs too");
    assert!(full.size() <= 1000);
    let many = vec![b"x"; 1000];
    assert_eq!(full.set(b"a", &many, 1000), Err(Refusal::TooBig));
    assert_eq!(full.len(), count);
    assert_eq!(full.set(b"a", &many[..10], 1000), Ok(()));
    assert_eq!(full.size(), 10 * 34);
    assert_eq!(full.append(&[b'n'; 2000], b"", 1000), Err(Refusal::TooBig));
    assert_eq!(full.append(b"n", &[b'v'; 2000], 1000), Err(Refusal::TooBig));
}

fn field(name: &'static str, value: &'static str) -> PekoField {
    PekoField { name: PekoStr::of(name.as_bytes()), value: PekoStr::of(value.as_bytes()) }
}

#[test]
fn fields_of_a_client_are_copied_without_those_of_its_connection() {
    let mut list = FieldList::default();
    let fields = [field("Host", "a"), field("X-A", "1"), field("x-a", "2"), field("upgrade", "b"), field("host", "")];
    // Safety: the strings are static.
    unsafe { list.fill(&fields) }.expect("these are fields");
    assert_eq!(shown(&list), "x-a=1;x-a=2;");
    // Safety: as above.
    assert!(unsafe { list.fill(&[field("a b", "")]) }.unwrap_err().contains("\"a b\" is not a token"));
    // Safety: as above.
    assert!(unsafe { list.fill(&[field("a", "\r\n")]) }.unwrap_err().contains("control characters"));
}

fn head(method: &'static str, target: &'static str, authority: &'static str) -> PekoRequestHead {
    PekoRequestHead {
        method: PekoStr::of(method.as_bytes()),
        target: PekoStr::of(target.as_bytes()),
        authority: PekoStr::of(authority.as_bytes()),
        fields: std::ptr::null(),
        field_count: 0,
        body_length: 0,
        https: 1,
    }
}

#[test]
fn a_head_that_the_guest_still_has_is_not_overwritten() {
    let mut kept = Arc::new(RequestHead::default());
    // Safety: the strings are static.
    unsafe { RequestHead::renew(&mut kept, &head("GET", "/first", "a:1")) }.expect("it is a head");
    let guests = kept.clone();
    // Safety: as above.
    unsafe { RequestHead::renew(&mut kept, &head("HEAD", "/second?x", "b")) }.expect("it is a head");
    assert_eq!((&*guests.target(), &*guests.authority(), guests.is_head()), ("/first", "a:1", false));
    assert_eq!((&*kept.target(), &*kept.authority(), kept.is_head()), ("/second?x", "b", true));
    let place = Arc::as_ptr(&kept);
    // Safety: as above.
    unsafe { RequestHead::renew(&mut kept, &head("PUT", "*", "[::1]:80")) }.expect("it is a head");
    assert_eq!(Arc::as_ptr(&kept), place, "nobody else had it");
    let bad = [
        ("", "/", "a"),
        ("G T", "/", "a"),
        ("GET", "", "a"),
        ("GET", "a", "a"),
        ("GET", "/ ", "a"),
        ("GET", "/#a", "a"),
        ("GET", "/", ""),
        ("GET", "/", "a b"),
        ("GET", "/", "u@a"),
        ("GET", "/", "a/b"),
    ];
    for (method, target, authority) in bad {
        // Safety: as above.
        assert!(
            unsafe { RequestHead::renew(&mut kept, &head(method, target, authority)) }.is_err(),
            "{method:?} {target:?} {authority:?}"
        );
    }
}

#[test]
fn hosts_paths_and_schemes_are_told_from_what_is_none() {
    for host in ["a", "a.b-c_d", "127.0.0.1", "a:", "a:80", "[::1]", "[::1]:8080", "a%20b", "[fe80::1%251]"] {
        assert!(syntax::is_host_and_port(host.as_bytes()) && syntax::is_authority(host.as_bytes()), "{host}");
    }
    for host in [
        "", ":", ":80", "a:b", "a:80:80", "a:123456", "[]", "[::1", "[::1]80", "[::1]:x", "::1", "a b", "a/b", "a?b",
        "a#b", "a\\b", "a\r", "é", "a@b", "a]", "@",
    ] {
        assert!(!syntax::is_host_and_port(host.as_bytes()), "{host}");
    }
    assert!(
        syntax::is_authority(b"user:word@host:1") && !syntax::is_authority(b"user@") && !syntax::is_authority(b"u/@h")
    );
    for path in ["", "/", "?", "/a?b=c", "/%20", "/a:b@c", "/{}|\"^`"] {
        assert!(syntax::is_path_with_query(path), "{path}");
    }
    for path in ["a", "*", "http://evil/", "@evil/", ":1/", "/ ", "/\r\nx", "/#", "/é", "/<>", "/\0"] {
        assert!(!syntax::is_path_with_query(path), "{path}");
    }
    assert!(
        syntax::is_scheme("http+unix")
            && !syntax::is_scheme("")
            && !syntax::is_scheme("1a")
            && !syntax::is_scheme("a:")
    );
}

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
    Arc::new(LoopShared::new(PekoLoopHooks {
        context,
        wake: ignore,
        want_body,
        outbound,
        outbound_cancel: ignore,
        log,
    }))
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
