//! What the C side calls: peko_bridge.h says what each function does.

use super::*;
use crate::engine::Loop;

/// # Safety
/// `owner` is a live loop, the answer's strings are readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peko_key_value_respond(owner: *mut Loop, id: u64, answer: *const PekoKeyValueAnswer) {
    guard((), || {
        // Safety: the caller vouches for the loop.
        let slot = unsafe { &*owner }.shared.operations.take(id);
        if let Some(slot) = slot {
            // Safety: the caller vouches for the answer.
            unsafe { slot.respond(&*answer) }
        }
    })
}

/// # Safety
/// `owner` is a live loop, `message` is readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peko_key_value_fail(owner: *mut Loop, id: u64, failure: u32, message: PekoStr) {
    guard((), || {
        // Safety: the caller vouches for the loop.
        let slot = unsafe { &*owner }.shared.operations.take(id);
        if let Some(slot) = slot {
            let failure = match failure {
                KEY_VALUE_NO_SUCH_STORE => Failure::NoSuchStore,
                KEY_VALUE_ACCESS_DENIED => Failure::AccessDenied,
                // Safety: the caller vouches for the message.
                _ => Failure::Other(String::from_utf8_lossy(unsafe { message.bytes() }).into_owned()),
            };
            slot.answer(Err(failure), None)
        }
    })
}
