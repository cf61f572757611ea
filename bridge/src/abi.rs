//! The C side's types, as `peko_bridge.h` declares them, and the guard that no panic crosses.

use std::ffi::{c_char, c_void};
use std::mem::size_of;
use std::panic::{AssertUnwindSafe, catch_unwind};

pub const ABI: u32 = 6;
pub const LENGTH_UNKNOWN: u64 = u64::MAX;
pub const OUTBOUND_TOKEN: u64 = 1 << 63;
pub const COMPLETE: u32 = u32::MAX;
/// As many frames as wasmtime keeps of a backtrace.
pub const FRAMES_MAX: usize = 20;

/// Borrowed bytes. `data` may be null when `size` is 0.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PekoStr {
    pub data: *const u8,
    pub size: usize,
}

impl PekoStr {
    pub fn of(bytes: &[u8]) -> Self {
        PekoStr { data: bytes.as_ptr(), size: bytes.len() }
    }

    /// # Safety
    /// The bytes live as long as `'a`.
    pub unsafe fn bytes<'a>(self) -> &'a [u8] {
        // Safety: the caller vouches for the bytes.
        unsafe { slice(self.data, self.size) }
    }
}

/// One header or environment entry.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PekoField {
    pub name: PekoStr,
    pub value: PekoStr,
}

/// Bytes owned by the bridge.
#[repr(C)]
pub struct PekoBuf {
    pub data: *mut u8,
    pub size: usize,
}

impl From<Vec<u8>> for PekoBuf {
    fn from(bytes: Vec<u8>) -> Self {
        if bytes.is_empty() {
            return PekoBuf { data: std::ptr::null_mut(), size: 0 };
        }
        let size = bytes.len();
        PekoBuf { data: Box::into_raw(bytes.into_boxed_slice()) as *mut u8, size }
    }
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct PekoEngineConfig {
    pub size: u32,
    pub max_instances: u32,
    pub threads: u32,
    pub compiler: u32,
    pub memory_bytes_max: u64,
    pub stack_bytes: u32,
    pub memory_keep_bytes: u32,
    pub clock_resolution_ns: u64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct PekoLoopHooks {
    pub context: *mut c_void,
    pub wake: extern "C" fn(*mut c_void, u64),
    pub want_body: extern "C" fn(*mut c_void, u64),
    pub outbound: extern "C" fn(*mut c_void, u64, u64, *const PekoOutboundHead),
    pub outbound_cancel: extern "C" fn(*mut c_void, u64),
    pub log: extern "C" fn(*mut c_void, u64, i32, PekoStr),
    pub key_value: Option<extern "C" fn(*mut c_void, u64, u64, *const PekoKeyValueRequest)>,
    pub key_value_cancel: Option<extern "C" fn(*mut c_void, u64)>,
}

#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct PekoLimits {
    pub cpu_ns: u64,
    pub memory_bytes: u64,
    pub handles: u32,
    pub handles_kept: u32,
    pub retire_bytes: u64,
    pub field_bytes: u32,
    pub outbound: u32,
    pub random_bytes: u64,
    pub key_value: u32,
}

#[repr(C)]
pub struct PekoRequestHead {
    pub method: PekoStr,
    pub target: PekoStr,
    pub authority: PekoStr,
    pub fields: *const PekoField,
    pub field_count: usize,
    pub body_length: u64,
    pub https: u32,
}

#[repr(C)]
pub struct PekoOutboundHead {
    pub method: PekoStr,
    pub uri: PekoStr,
    pub fields: *const PekoField,
    pub field_count: usize,
    pub connect_ns: u64,
    pub first_byte_ns: u64,
    pub between_bytes_ns: u64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct PekoKeyValueItem {
    pub key: PekoStr,
    pub value: PekoStr,
    pub metadata: PekoStr,
    pub expires: i64,
    pub version: i64,
    pub has_metadata: u32,
}

#[repr(C)]
pub struct PekoKeyValueRequest {
    pub store: PekoStr,
    pub prefix: PekoStr,
    pub cursor: PekoStr,
    pub items: *const PekoKeyValueItem,
    pub item_count: usize,
    pub number: i64,
    pub op: u32,
    pub limit: u32,
}

#[repr(C)]
pub struct PekoKeyValueAnswer {
    pub items: *const PekoKeyValueItem,
    pub item_count: usize,
    pub cursor: PekoStr,
    pub number: i64,
    pub has_cursor: u32,
}

#[repr(C)]
pub struct PekoResponseHead {
    pub status: u32,
    pub field_count: u32,
    pub fields: *const PekoField,
}

/// `opaque` holds the `Bytes` that own the data; all zero when released.
#[repr(C)]
pub struct PekoChunk {
    pub data: *const u8,
    pub size: usize,
    pub opaque: [usize; 4],
}

/// Dropping it calls `release`.
#[repr(C)]
pub struct PekoLent {
    pub data: *const u8,
    pub size: usize,
    pub release: extern "C" fn(*mut c_void),
    pub owner: *mut c_void,
}

#[repr(C)]
pub struct PekoStats {
    pub outcome: u32,
    pub uses: u32,
    pub cpu_ns: u64,
    pub memory_bytes: u64,
    pub memory_peak_bytes: u64,
    pub polls: u64,
    pub yields: u64,
    pub outbound: u32,
    pub instantiated: u32,
    pub reusable: u32,
    pub key_value: u32,
    pub instantiate_ns: u64,
    pub message: [u8; 4096],
    pub frame_count: u32,
    pub frames: [u32; FRAMES_MAX],
}

// The same numbers are asserted by the compiler of bridge/tests/bridge_test.cpp.
const _: () = {
    assert!(size_of::<PekoField>() == 32);
    assert!(size_of::<PekoBuf>() == 16);
    assert!(size_of::<PekoEngineConfig>() == 40);
    assert!(size_of::<PekoLoopHooks>() == 64);
    assert!(size_of::<PekoLimits>() == 56);
    assert!(size_of::<PekoRequestHead>() == 80);
    assert!(size_of::<PekoOutboundHead>() == 72);
    assert!(size_of::<PekoKeyValueItem>() == 72);
    assert!(size_of::<PekoKeyValueRequest>() == 80);
    assert!(size_of::<PekoKeyValueAnswer>() == 48);
    assert!(size_of::<PekoResponseHead>() == 16);
    assert!(size_of::<PekoChunk>() == 48);
    assert!(size_of::<PekoStats>() == 4256);
};

pub const HEAD: u32 = 1;
pub const DONE: u32 = 2;
pub const FAILED: u32 = 4;

pub const NEXT_DATA: i32 = 1;
pub const NEXT_END: i32 = 2;
pub const NEXT_ABORTED: i32 = 3;
pub const NEXT_PENDING: i32 = 4;
pub const NEXT_TRAILERS: i32 = 5;

/// PEKO_OUTCOME_*: how an invocation ended.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Ok,
    Cpu,
    Memory,
    Stack,
    Trap,
    Exit,
    NoResponse,
    Capacity,
    Resources,
    BadRequest,
    Cancelled,
    Panic,
    Other,
    Exception,
}

/// PEKO_LOAD_*: what became of a component.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Load {
    Ok,
    Invalid,
    Incompatible,
    Imports,
    World,
    Internal,
}

/// PEKO_KEY_VALUE_*: what a key-value operation does.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyValueOp {
    Get,
    Exists,
    Set,
    Delete,
    List,
    ListByRow,
    Increment,
    Swap,
}

pub const KEY_VALUE_NO_SUCH_STORE: u32 = 0;
pub const KEY_VALUE_ACCESS_DENIED: u32 = 1;

/// Runs `body`; a panic becomes `fallback`.
pub fn guard<R>(fallback: R, body: impl FnOnce() -> R) -> R {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or(fallback)
}

/// # Safety
/// `data` points to `size` values that live as long as `'a`, or `size` is 0.
pub unsafe fn slice<'a, T>(data: *const T, size: usize) -> &'a [T] {
    if size == 0 || data.is_null() {
        return &[];
    }
    // Safety: the caller vouches for the values.
    unsafe { std::slice::from_raw_parts(data, size) }
}

/// # Safety
/// `text` is null or a zero-terminated string that lives as long as `'a`.
pub unsafe fn c_str<'a>(text: *const c_char) -> Option<&'a str> {
    if text.is_null() {
        return None;
    }
    // Safety: the caller vouches for the string.
    unsafe { std::ffi::CStr::from_ptr(text) }.to_str().ok()
}

/// Writes `text` to `*out` unless `out` is null.
///
/// # Safety
/// `out` is null or may be written.
pub unsafe fn put_text(out: *mut PekoBuf, text: impl Into<String>) {
    if !out.is_null() {
        // Safety: the caller vouches for `out`.
        unsafe { out.write(text.into().into_bytes().into()) }
    }
}

/// Writes `text` zero-terminated into `out`, cut at a character boundary.
pub fn put_message(out: &mut [u8], text: &str) {
    let Some(room) = out.len().checked_sub(1) else { return };
    let mut length = text.len().min(room);
    while !text.is_char_boundary(length) {
        length -= 1;
    }
    out[..length].copy_from_slice(&text.as_bytes()[..length]);
    out[length] = 0;
}

#[unsafe(no_mangle)]
pub extern "C" fn peko_bridge_abi() -> u32 {
    ABI
}

/// # Safety
/// `buf` came from this library and is freed once.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peko_buf_free(buf: PekoBuf) {
    if !buf.data.is_null() {
        // Safety: a PekoBuf with data is a boxed slice of that size (From<Vec<u8>>).
        drop(unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(buf.data, buf.size)) })
    }
}

/// LeakSanitizer of the C++ side asks for this in every program that has the bridge in it; elsewhere the linker drops it.
/// Rust's standard library allocates threads from malloc and keeps them in mimalloc's memory, where it does not look.
#[unsafe(no_mangle)]
pub extern "C" fn __lsan_default_suppressions() -> *const c_char {
    c"leak:std::thread::thread::Thread\n".as_ptr()
}
