//! What can be checked without a guest. The C++ tests beside it drive everything else through the header.

use peko_bridge::abi::{self, PekoBuf, PekoEngineConfig};
use peko_bridge::engine::{Engine, peko_engine_delete, peko_engine_new};
use peko_bridge::guest_clock::GuestClock;
use peko_bridge::http::{ErrorCode, error_code};
use peko_bridge::inspect::{self, Kind, WASI};
use peko_bridge::{
    clock, component, config_store, key_value,
    limits::{INSTANCE_BYTES, Ledger, Limiter},
    logging,
};
use std::sync::Arc;
use wasmtime::ResourceLimiter;

#[path = "internals/http_bodies.rs"]
mod http_bodies;
#[path = "internals/http_fields.rs"]
mod http_fields;
#[path = "internals/key_value_slots.rs"]
mod key_value_slots;

const HTTP_WIT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/guests/http.wit");

fn letters(text: &str) -> String {
    text.chars()
        .take_while(|c| c.is_ascii_alphanumeric() || *c == '-')
        .filter(|c| *c != '-')
        .collect::<String>()
        .to_lowercase()
}

#[test]
fn error_codes_are_in_the_order_of_the_wit() {
    let wit = std::fs::read_to_string(HTTP_WIT).expect("the guests' world is in tests/guests");
    let cases = wit
        .split_once("variant error-code {")
        .expect("it has error-code")
        .1
        .split_once("\n    }")
        .expect("which ends")
        .0;
    let cases: Vec<String> = cases.lines().map(|line| letters(line.trim())).filter(|name| !name.is_empty()).collect();
    assert_eq!(cases.len() as u32, error_code::COUNT);
    for (index, case) in cases.iter().enumerate() {
        let name = format!("{:?}", error_code::from_index(index as u32));
        let name = name.strip_prefix("ErrorCode::").expect("bindgen shows the type first");
        assert_eq!(&letters(name), case, "case {index}");
    }
    assert!(matches!(error_code::from_index(u32::MAX), ErrorCode::InternalError(None)));
}

#[test]
fn limits_count_all_memories_and_tables_together() {
    let mut limiter = Limiter::new(Arc::default());
    limiter.begin(1000);
    assert!(limiter.memory_growing(0, 500, None).unwrap());
    assert!(limiter.memory_growing(0, 300, None).unwrap(), "a second memory");
    assert!(limiter.table_growing(0, 20, None).unwrap(), "eight bytes an element");
    assert_eq!(limiter.bytes(), 960);
    assert!(!limiter.denied());
    assert!(!limiter.table_growing(20, 26, None).unwrap());
    assert!(limiter.denied());
    assert_eq!((limiter.bytes(), limiter.peak()), (960, 960));

    limiter.begin(2000);
    assert!(!limiter.denied());
    assert!(limiter.memory_growing(500, 1500, None).unwrap());
    limiter.memory_grow_failed(wasmtime::Error::msg("no memory")).unwrap();
    assert_eq!((limiter.bytes(), limiter.peak()), (960, 1960));
    assert!(limiter.denied(), "what the system refuses is refused memory too");
    assert!(!limiter.memory_growing(0, usize::MAX, None).unwrap());
    assert!(!limiter.starved(), "its own limit was in the way, not what all hold together");
}

#[test]
fn the_ledger_sums_instances_and_refuses_what_is_too_much_for_all() {
    let ledger = Arc::new(Ledger::default());
    let (mut a, mut b) = (Limiter::new(ledger.clone()), Limiter::new(ledger.clone()));
    let own = 2 * INSTANCE_BYTES;
    assert_eq!(ledger.bytes(), own);
    a.begin(1000);
    b.begin(1000);
    ledger.set_max(own + 1500);
    assert!(a.memory_growing(0, 800, None).unwrap());
    assert!(b.memory_growing(0, 600, None).unwrap());
    assert_eq!(ledger.bytes(), own + 1400);
    assert!(!b.memory_growing(600, 800, None).unwrap());
    assert!(b.starved() && b.denied() && !a.starved());
    assert_eq!((ledger.bytes(), b.bytes()), (own + 1400, 600));
    drop(a);
    assert_eq!(ledger.bytes(), INSTANCE_BYTES + 600);
    b.begin(1000);
    assert!(b.memory_growing(600, 800, None).unwrap() && !b.starved());
    b.memory_grow_failed(wasmtime::Error::msg("no memory")).unwrap();
    assert_eq!(ledger.bytes(), INSTANCE_BYTES + 600);
    drop(b);
    assert_eq!(ledger.bytes(), 0);
}

/// An engine that compiles and loads, for the linker's sake.
fn engine() -> Box<Engine> {
    let config = PekoEngineConfig {
        size: 40,
        max_instances: 0,
        threads: 0,
        compiler: 1,
        memory_bytes_max: 1 << 30,
        stack_bytes: 512 << 10,
        memory_keep_bytes: 0,
        clock_resolution_ns: 100_000,
    };
    let mut error = PekoBuf { data: std::ptr::null_mut(), size: 0 };
    // Safety: both are readable and writable; what is made is freed by `drop_engine`.
    unsafe { Box::from_raw(peko_engine_new(&config, &mut error)) }
}

fn drop_engine(engine: Box<Engine>) {
    // Safety: it came from peko_engine_new.
    unsafe { peko_engine_delete(Box::into_raw(engine)) }
}

/// Something that each interface of component::PROVIDED holds, in the same order.
const ITEMS: [&str; component::PROVIDED.len()] = [
    "get-environment",
    "exit",
    "get-stderr",
    "get-stdin",
    "get-stdout",
    "terminal-input",
    "terminal-output",
    "get-terminal-stderr",
    "get-terminal-stdin",
    "get-terminal-stdout",
    "now",
    "now",
    "get-directories",
    "descriptor",
    "handle",
    "fields",
    "error",
    "poll",
    "input-stream",
    "get-insecure-random-bytes",
    "insecure-seed",
    "get-random-bytes",
    "instance-network",
    "resolve-addresses",
    "network",
    "tcp-socket",
    "create-tcp-socket",
    "udp-socket",
    "create-udp-socket",
];

#[test]
fn the_list_of_interfaces_is_what_the_linker_has() {
    let engine = engine();
    let mut linker = engine.linker.clone();
    // Defining an item a second time is an error, which tells that it is there.
    let mut has = |interface: &str, item: &str| {
        let kind = wasmtime::component::ResourceType::host::<()>();
        linker.instance(interface).expect("it is an instance").resource(item, kind, |_, _| Ok(())).is_err()
    };
    for (interface, item) in component::PROVIDED.iter().zip(ITEMS) {
        assert!(has(&format!("{interface}@{WASI}"), item), "{interface} {item}");
        assert!(!has(&format!("{interface}@{WASI}"), "no-such-item"), "{interface}");
    }
    assert!(!has(&format!("wasi:keyvalue/store@{WASI}"), "open"));
    for name in config_store::NAMES {
        assert!(has(name, "get") && has(name, "get-all"), "{name}");
    }
    for name in logging::NAMES {
        assert!(has(name, "log"), "{name}");
    }
    for name in key_value::names() {
        let items = ["open", "increment", "get-many", "take-page"];
        assert!(items.iter().any(|item| has(name, item)), "{name}");
    }
    // Everything that the guests' world imports is in the list.
    let wit = std::fs::read_to_string(HTTP_WIT).expect("the guests' world is in tests/guests");
    let imports: Vec<&str> = wit.lines().filter_map(|line| line.trim().strip_prefix("import wasi:")).collect();
    assert!(imports.len() > 5);
    for import in imports {
        let interface = format!("wasi:{}", import.split_once('@').expect("with a version").0);
        assert!(component::PROVIDED.contains(&interface.as_str()), "{interface}");
    }
    drop(linker);
    drop_engine(engine);
}

#[test]
fn imports_are_provided_in_each_release_of_wasi_and_in_named_drafts() {
    let rows = [
        ("wasi:http/types@0.2.0", Kind::Provided, ""),
        ("wasi:http/types@0.2.12", Kind::Provided, ""),
        ("wasi:http/types@0.2.99", Kind::Provided, ""),
        ("wasi:http/types@0.3.0", Kind::OtherVersion, "wasi:http/types@0.2.12"),
        ("wasi:http/types@0.2.0-rc-2023-11-10", Kind::OtherVersion, "wasi:http/types@0.2.12"),
        ("wasi:http/types", Kind::OtherVersion, "wasi:http/types@0.2.12"),
        ("wasi:http/handler@0.3.0", Kind::Unknown, ""),
        ("wasi:config/store@0.2.0-draft", Kind::Provided, ""),
        ("wasi:config/store@0.2.0-rc.2", Kind::OtherVersion, "wasi:config/store@0.2.0-rc.1"),
        ("wasi:logging/logging", Kind::Provided, ""),
        ("wasi:logging/logging@0.2.0", Kind::OtherVersion, "wasi:logging/logging@0.1.0-draft"),
        ("wasi:keyvalue/store@0.2.0-draft", Kind::Provided, ""),
        ("wasi:keyvalue/batch@0.2.0-draft2", Kind::Provided, ""),
        ("wasi:keyvalue/store@0.2.0", Kind::OtherVersion, "wasi:keyvalue/store@0.2.0-draft2"),
        ("peko:keyvalue/store@0.1.0", Kind::Provided, ""),
        ("wasi:blobstore/container@0.2.0-draft", Kind::Unknown, ""),
        ("", Kind::Unknown, ""),
    ];
    for (name, kind, nearest) in rows {
        assert_eq!(inspect::judge(name), (kind, nearest.to_string()), "{name}");
    }
}

#[test]
fn timers_end_when_the_clock_of_the_guest_has_reached_their_end() {
    for resolution in [1, 7, 1000, 100_000, 1_000_000_000] {
        let guest = GuestClock::new(resolution);
        let host = clock::monotonic_ns();
        assert_eq!(guest.seen(host) % resolution, 0);
        for when in [0, 1, 99, 100_000, 123_456_789, 10_000_000_007] {
            let wait = guest.until(when, host);
            assert!(guest.seen(host + wait) >= when, "{resolution} {when}");
            assert!(wait == 0 || wait <= when + resolution, "{resolution} {when}: {wait}");
        }
        assert!(guest.until(u64::MAX, host) > u64::MAX / 2, "for ever, not at once");
    }
}

#[test]
fn a_panic_becomes_the_fallback() {
    assert_eq!(abi::guard(7, || panic!("on purpose")), 7);
    assert_eq!(abi::guard(7, || 8), 8);
}

#[test]
fn messages_are_cut_between_characters() {
    let mut out = [0xff; 6];
    abi::put_message(&mut out, "abcdé");
    assert_eq!(&out[..5], b"abcd\0");
    abi::put_message(&mut out, "abc");
    assert_eq!(&out[..4], b"abc\0");
    abi::put_message(&mut [], "abc");
}
