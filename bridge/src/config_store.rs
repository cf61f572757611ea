//! `wasi:config/store`: the entries of the environment, for guests that ask for configuration by that interface.

use crate::context::Context;
use wasmtime::component::{ComponentType, Lift, Linker, Lower};
use wasmtime::{Result, StoreContextMut};

/// The proposal has no final version; drafts match by their exact names. All of these have the same two functions.
pub const NAMES: [&str; 3] =
    ["wasi:config/store@0.2.0-draft", "wasi:config/store@0.2.0-draft-2024-09-27", "wasi:config/store@0.2.0-rc.1"];

/// The interface's error, which we never answer with: the entries are in memory.
#[derive(ComponentType, Lift, Lower)]
#[component(variant)]
enum Failure {
    #[component(name = "upstream")]
    Upstream(String),
    #[component(name = "io")]
    Io(String),
}

type Entry = (String, String);

pub fn add_to_linker(linker: &mut Linker<Context>) -> Result<()> {
    for name in NAMES {
        let mut instance = linker.instance(name)?;
        instance.func_wrap("get", |store: StoreContextMut<'_, Context>, (key,): (String,)| {
            let found = store.data().environment().iter().find(|(name, _)| *name == key);
            Ok((Ok::<Option<String>, Failure>(found.map(|(_, value)| value.clone())),))
        })?;
        instance.func_wrap("get-all", |store: StoreContextMut<'_, Context>, (): ()| {
            Ok((Ok::<Vec<Entry>, Failure>(store.data().environment().to_vec()),))
        })?;
    }
    Ok(())
}
