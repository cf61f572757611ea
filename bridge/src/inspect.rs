//! What a component imports and exports, read without compiling it, and which of the imports are provided.

use crate::abi::{PekoBuf, PekoStr, guard, put_text, slice};
use crate::component::PROVIDED;
use crate::{config_store, key_value, logging};
use std::ffi::c_void;
use wasmparser::{Chunk, Encoding, Parser, Payload};

/// The version of WASI 0.2 that wasmtime-wasi defines. It serves guests of each version 0.2.x.
pub const WASI: &str = "0.2.12";

/// Of one component: what a node spends on a hostile file before it is compiled. Real ones have tens.
const ITEMS_MAX: usize = 10_000;

/// PEKO_IMPORT_* and PEKO_EXPORT.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Provided,
    OtherVersion,
    Unknown,
    Export,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Item {
    pub kind: Kind,
    pub name: String,
    /// OtherVersion: what is provided in its place.
    pub nearest: String,
}

/// Interfaces that are provided in one version only, by their whole names.
fn drafts() -> impl Iterator<Item = &'static str> {
    config_store::NAMES.into_iter().chain(logging::NAMES).chain(key_value::names())
}

/// Whether, and in its place what, is provided for an import of this name.
pub fn judge(import: &str) -> (Kind, String) {
    if drafts().any(|draft| draft == import) {
        return (Kind::Provided, String::new());
    }
    let (interface, version) = import.split_once('@').unwrap_or((import, ""));
    if PROVIDED.contains(&interface) {
        let release = version.strip_prefix("0.2.").is_some_and(|patch| patch.bytes().all(|c| c.is_ascii_digit()));
        return match release {
            true => (Kind::Provided, String::new()),
            false => (Kind::OtherVersion, format!("{interface}@{WASI}")),
        };
    }
    match drafts().filter(|draft| draft.split('@').next() == Some(interface)).last() {
        Some(draft) => (Kind::OtherVersion, draft.to_string()),
        None => (Kind::Unknown, String::new()),
    }
}

pub fn is_provided(import: &str) -> bool {
    judge(import).0 == Kind::Provided
}

/// The imports and exports of a component, in its order; of what is inside it, nothing. An error says why it cannot be
/// read.
pub fn inspect(wasm: &[u8]) -> Result<Vec<Item>, String> {
    let mut items = Vec::new();
    let mut at = 0;
    let mut parser = Parser::new(0);
    loop {
        let rest = wasm.get(at..).filter(|_| !wasm.is_empty()).ok_or("it is cut off")?;
        let (consumed, payload) = match parser.parse(rest, rest.is_empty()) {
            Ok(Chunk::Parsed { consumed, payload }) => (consumed, payload),
            Ok(Chunk::NeedMoreData(_)) => return Err("it is cut off".into()),
            Err(error) => return Err(error.to_string()),
        };
        at += consumed;
        match payload {
            Payload::Version { encoding: Encoding::Module, .. } => return Err("it is a core module".into()),
            // What is inside says nothing about the component, and is most of its bytes.
            Payload::ModuleSection { unchecked_range, .. } | Payload::ComponentSection { unchecked_range, .. } => {
                at = unchecked_range.end;
            }
            Payload::ComponentImportSection(section) => {
                for import in section {
                    let name = import.map_err(|error| error.to_string())?.name.name.to_owned();
                    let (kind, nearest) = judge(&name);
                    add(&mut items, Item { kind, name, nearest })?;
                }
            }
            Payload::ComponentExportSection(section) => {
                for export in section {
                    let name = export.map_err(|error| error.to_string())?.name.name.to_owned();
                    add(&mut items, Item { kind: Kind::Export, name, nearest: String::new() })?;
                }
            }
            Payload::End(_) => return Ok(items),
            _ => {}
        }
    }
}

fn add(items: &mut Vec<Item>, item: Item) -> Result<(), String> {
    if items.len() == ITEMS_MAX {
        return Err(format!("it imports and exports more than {ITEMS_MAX} things"));
    }
    items.push(item);
    Ok(())
}

type OnItem = extern "C" fn(*mut c_void, u32, PekoStr, PekoStr);

/// # Safety
/// `wasm` has `size` readable bytes, `error` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peko_component_inspect(
    wasm: *const u8,
    size: usize,
    context: *mut c_void,
    on_item: OnItem,
    error: *mut PekoBuf,
) -> i32 {
    let result = guard(Err("a panic in the bridge".to_string()), || {
        // Safety: the caller vouches for the bytes.
        inspect(unsafe { slice(wasm, size) })
    });
    match result {
        Ok(items) => {
            for item in &items {
                on_item(
                    context,
                    item.kind as u32,
                    PekoStr::of(item.name.as_bytes()),
                    PekoStr::of(item.nearest.as_bytes()),
                );
            }
            0
        }
        Err(message) => {
            // Safety: the caller vouches for `error`.
            unsafe { put_text(error, message) };
            1
        }
    }
}
