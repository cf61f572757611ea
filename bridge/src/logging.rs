//! `wasi:logging/logging`: what a guest logs with a level, handed to the loop's hook like its output.

use crate::context::Context;
use wasmtime::component::{ComponentType, Lift, Linker, Lower};
use wasmtime::{Result, StoreContextMut};

/// The proposal has no final version: drafts match by their exact names.
pub const NAMES: [&str; 2] = ["wasi:logging/logging", "wasi:logging/logging@0.1.0-draft"];

/// The hook's stream of the lowest level, PEKO_LOG_TRACE; the others follow.
const STREAM_OF_TRACE: i32 = 3;

#[derive(ComponentType, Lift, Lower, Clone, Copy)]
#[component(enum)]
#[allow(dead_code, reason = "the guest's number becomes one of them")]
#[repr(u8)]
enum Level {
    #[component(name = "trace")]
    Trace,
    #[component(name = "debug")]
    Debug,
    #[component(name = "info")]
    Info,
    #[component(name = "warn")]
    Warn,
    #[component(name = "error")]
    Error,
    #[component(name = "critical")]
    Critical,
}

pub fn add_to_linker(linker: &mut Linker<Context>) -> Result<()> {
    for name in NAMES {
        linker.instance(name)?.func_wrap(
            "log",
            |store: StoreContextMut<'_, Context>, (level, context, message): (Level, String, String)| {
                let text = if context.is_empty() { message } else { format!("{context}: {message}") };
                store.data().log().emit(STREAM_OF_TRACE + level as i32, text.as_bytes());
                Ok(())
            },
        )?;
    }
    Ok(())
}
