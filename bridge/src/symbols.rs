//! From the code offsets of a backtrace to functions, files and lines, by the debug information in a component.
//!
//! Artifacts carry none, so this reads the component itself, long after the trap. What the debug information says is the
//! component author's: it may cost any amount of memory and time, so callers run this in a process of its own.

use crate::abi::{PekoStr, guard, slice};
use addr2line::gimli::{Dwarf, EndianSlice, LittleEndian, SectionId};
use std::ffi::c_void;
use std::ops::Range;
use wasmparser::{Parser, Payload};

/// Frames that the compiler has inlined into one, at most.
const INLINED_MAX: usize = 16;

type Reader<'a> = EndianSlice<'a, LittleEndian>;

/// A place in a guest's source.
#[derive(Debug, PartialEq, Eq)]
pub struct Symbol {
    pub function: String,
    pub file: String,
    /// 0: not known, as `column`.
    pub line: u32,
    pub column: u32,
}

/// A core module in a component.
#[derive(Default)]
struct Module<'a> {
    code: Range<usize>,
    sections: Vec<(&'a str, &'a [u8])>,
}

impl<'a> Module<'a> {
    fn section(&self, id: SectionId) -> Reader<'a> {
        let found = self.sections.iter().find(|(name, _)| *name == id.name());
        EndianSlice::new(found.map_or(&[], |(_, data)| *data), LittleEndian)
    }

    /// Innermost first. Empty when nothing is known.
    fn find(&self, context: &addr2line::Context<Reader<'a>>, offset: usize) -> Vec<Symbol> {
        // DWARF for WebAssembly counts from the begin of the code section.
        let address = (offset - self.code.start) as u64;
        let mut symbols = Vec::new();
        let Ok(mut frames) = context.find_frames(address).skip_all_loads() else { return symbols };
        while let (true, Ok(Some(frame))) = (symbols.len() < INLINED_MAX, frames.next()) {
            let name = frame.function.as_ref().and_then(|name| name.demangle().ok());
            let place = frame.location.as_ref();
            symbols.push(Symbol {
                function: name.map_or_else(String::new, |name| name.into_owned()),
                file: place.and_then(|place| place.file).unwrap_or_default().to_owned(),
                line: place.and_then(|place| place.line).unwrap_or(0),
                column: place.and_then(|place| place.column).unwrap_or(0),
            });
        }
        symbols
    }
}

/// The core modules of `wasm`, at whatever depth. What does not parse ends the list.
fn modules(wasm: &[u8]) -> Vec<Module<'_>> {
    let mut modules: Vec<Module<'_>> = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        match payload {
            Ok(Payload::CodeSectionStart { range, .. }) => {
                modules.push(Module { code: range.start..range.end, sections: Vec::new() });
            }
            // Compilers and linkers put debug information behind the code.
            Ok(Payload::CustomSection(section)) if section.name().starts_with(".debug_") => {
                if let Some(module) = modules.last_mut() {
                    module.sections.push((section.name(), section.data()));
                }
            }
            Ok(_) => {}
            Err(_) => break,
        }
    }
    modules
}

/// For each of `offsets` what is known of it; a bad or absent one has nothing.
pub fn symbolise(wasm: &[u8], offsets: &[u32]) -> Vec<Vec<Symbol>> {
    let mut all: Vec<Vec<Symbol>> = Vec::new();
    all.resize_with(offsets.len(), Vec::new);
    for module in modules(wasm).iter().filter(|module| !module.sections.is_empty()) {
        let inside = |offset: &u32| module.code.contains(&(*offset as usize));
        if !offsets.iter().any(inside) {
            continue;
        }
        let Ok(dwarf) = Dwarf::load(|id| Ok::<_, addr2line::gimli::Error>(module.section(id))) else { continue };
        let Ok(context) = addr2line::Context::from_dwarf(dwarf) else { continue };
        for (offset, symbols) in offsets.iter().zip(&mut all).filter(|(offset, _)| inside(offset)) {
            *symbols = module.find(&context, *offset as usize);
        }
    }
    all
}

type OnSymbol = extern "C" fn(*mut c_void, usize, PekoStr, PekoStr, u32, u32);

/// # Safety
/// `wasm` has `size` readable bytes, `offsets` has `count` readable numbers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peko_symbolise(
    wasm: *const u8,
    size: usize,
    offsets: *const u32,
    count: usize,
    context: *mut c_void,
    on_symbol: OnSymbol,
) {
    guard((), || {
        // Safety: the caller vouches for both.
        let (wasm, offsets) = unsafe { (slice(wasm, size), slice(offsets, count)) };
        for (frame, symbols) in symbolise(wasm, offsets).iter().enumerate() {
            for symbol in symbols {
                let (function, file) = (PekoStr::of(symbol.function.as_bytes()), PekoStr::of(symbol.file.as_bytes()));
                on_symbol(context, frame, function, file, symbol.line, symbol.column);
            }
        }
    })
}
