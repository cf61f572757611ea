//! Fields and heads of the host of wasi:http, without a guest.

use peko_bridge::abi::{PekoField, PekoRequestHead, PekoStr};
use peko_bridge::http::field_list::{FieldBudget, FieldList, Refusal, is_forbidden};
use peko_bridge::http::request_head::RequestHead;
use peko_bridge::http::syntax;
use std::sync::Arc;

const MAX: usize = 4096;

pub fn shown(list: &FieldList) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    list.iter().map(|(name, value)| format!("{}={};", text(name), text(value))).collect()
}

pub fn list(fields: &[(&str, &str)]) -> FieldList {
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

#[test]
fn long_lists_are_limited_together() {
    let mut budget = FieldBudget::default();
    budget.list_max = 10_000;
    let long = || {
        let mut list = FieldList::default();
        list.append(b"a", &[b'x'; 8000], budget.list_max).expect("it is short enough");
        list
    };
    let mut kept = Vec::new();
    let counted = loop {
        kept.push(long());
        if kept.last_mut().unwrap().count(&budget).is_err() {
            break kept.len();
        }
    };
    assert_eq!(counted, 160_000 / 8033 + 1);
    kept.truncate(10);
    assert_eq!(long().count(&budget), Ok(()), "what is dropped counts no more");
    assert_eq!(long().count(&budget), Ok(()), "and this one was dropped");
    for _ in 0..100 {
        assert_eq!(kept[0].count(&budget), Ok(()), "once, however often it changes");
    }
    assert_eq!(kept[0].clone().count(&budget), Ok(()));
    drop(kept);
    for _ in 0..10_000 {
        assert_eq!(list(&[("short", "1")]).count(&budget), Ok(()));
    }
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
