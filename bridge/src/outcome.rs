//! From wasmtime's errors to PEKO_OUTCOME_* and a message that a developer can use.

use crate::abi::Outcome;
use crate::context::Context;
use crate::guest_random::TooManyRandomBytes;
use crate::http::ErrorCode;
use crate::http::fields::FieldsTooBig;
use crate::script::Thrown;
use std::fmt::Write;
use wasmtime::component::ResourceTableError;
use wasmtime::{Error, OutOfMemory, PoolConcurrencyLimitError, Trap, WasmBacktrace};
use wasmtime_wasi::I32Exit;

/// How a call that ended with `error` is reported.
pub fn classify(error: &Error, context: &Context) -> Outcome {
    let trap = error.downcast_ref::<Trap>();
    if context.cpu_exceeded && trap == Some(&Trap::Interrupt) {
        return Outcome::Cpu;
    }
    if trap == Some(&Trap::StackOverflow) {
        return Outcome::Stack;
    }
    if error.downcast_ref::<I32Exit>().is_some() {
        return Outcome::Exit;
    }
    if error.downcast_ref::<PoolConcurrencyLimitError>().is_some() || error.downcast_ref::<OutOfMemory>().is_some() {
        return Outcome::Capacity;
    }
    if is_resource_limit(error) {
        return Outcome::Resources;
    }
    if let Some(outcome) = out_of_memory(context) {
        return outcome;
    }
    if error.downcast_ref::<Thrown>().is_some() {
        return Outcome::Exception;
    }
    // A backtrace says that wasm was running: the guest called the host with what the interface does not allow (an
    // unknown handle, a string that is not UTF-8, a poll of nothing), which has no Trap of its own.
    let in_guest = trap.is_some() || error.downcast_ref::<WasmBacktrace>().is_some();
    if in_guest { Outcome::Trap } else { Outcome::Other }
}

/// How a call ended whose script threw: for want of memory, when growth was refused.
pub fn of_exception(context: &Context) -> Outcome {
    out_of_memory(context).unwrap_or(Outcome::Exception)
}

/// A refusal at instantiation is an error, one at run time is followed by whatever the guest makes of it.
fn out_of_memory(context: &Context) -> Option<Outcome> {
    if context.limiter.starved() {
        return Some(Outcome::Capacity);
    }
    context.limiter.denied().then_some(Outcome::Memory)
}

fn is_resource_limit(error: &Error) -> bool {
    matches!(error.downcast_ref::<ResourceTableError>(), Some(ResourceTableError::Full))
        || error.downcast_ref::<FieldsTooBig>().is_some()
        || error.downcast_ref::<TooManyRandomBytes>().is_some()
        // wasmtime gives this one no type of its own.
        || error.root_cause().to_string().contains("fuel allocated for hostcalls has been exhausted")
}

/// The cause in one line, then the wasm backtrace or the script's stack, a line a frame.
pub fn describe(error: &Error) -> String {
    if let Some(Thrown(text)) = error.downcast_ref() {
        return text.clone();
    }
    let mut text = error.root_cause().to_string().replace('\n', " ");
    if let Some(backtrace) = error.downcast_ref::<WasmBacktrace>() {
        let _ = write!(text, "\n{}", frames(&backtrace.to_string()));
    }
    text
}

/// What a handler has done that returned without a response.
pub fn without_response(error: Option<ErrorCode>) -> String {
    match error {
        Some(error) => format!("the response is an error code: {error:?}"),
        None => "the handler returned without setting a response".to_string(),
    }
}

/// Writes where the frames of a backtrace are in the component's bytes, 0 where that is not known, and returns how many.
pub fn frame_offsets(error: &Error, out: &mut [u32]) -> u32 {
    let frames = error.downcast_ref::<WasmBacktrace>().map_or(&[][..], |backtrace| backtrace.frames());
    for (frame, offset) in frames.iter().zip(&mut *out) {
        *offset = frame.module_offset().and_then(|offset| u32::try_from(offset).ok()).unwrap_or(0);
    }
    frames.len().min(out.len()) as u32
}

/// The lines of a backtrace without its title.
fn frames(backtrace: &str) -> &str {
    backtrace.split_once('\n').map_or(backtrace, |(_, frames)| frames)
}

/// Why the pool of slots or the loader refused, the whole chain in one line.
pub fn chain(error: &Error) -> String {
    format!("{error:#}")
}
