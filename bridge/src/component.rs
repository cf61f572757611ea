//! Compiling components, and loading what was compiled.

use crate::abi::*;
use crate::context::Context;
use crate::engine::Engine;
use crate::http::bindings::FunctionPre;
use crate::inspect;
use crate::known_code::KnownCode;
use crate::outcome::chain;
use crate::script::Script;
use std::ffi::c_char;
use std::sync::{Arc, OnceLock};

pub type Environment = Vec<(String, String)>;

/// A loaded component, linked and ready to be instantiated. Immutable, shared by all threads.
pub struct Component {
    pre: FunctionPre<Context>,
    environment: Arc<Environment>,
    clock_resolution_ns: u64,
    script: Option<Script>,
    stores: OnceLock<Arc<[String]>>,
}

/// Why there is no component.
pub struct Refusal {
    pub reason: Load,
    pub message: String,
}

fn refuse(reason: Load, message: impl Into<String>) -> Refusal {
    Refusal { reason, message: message.into() }
}

impl Component {
    pub fn pre(&self) -> &FunctionPre<Context> {
        &self.pre
    }

    pub fn engine(&self) -> &wasmtime::Engine {
        self.pre.engine()
    }

    pub fn environment(&self) -> &Arc<Environment> {
        &self.environment
    }

    pub fn clock_resolution_ns(&self) -> u64 {
        self.clock_resolution_ns
    }

    /// The key-value stores that its instances may open beside the default one.
    pub fn stores(&self) -> &Arc<[String]> {
        self.stores.get_or_init(Arc::default)
    }

    /// What its instances evaluate before their first call.
    pub fn script(&self) -> Option<&Script> {
        self.script.as_ref()
    }

    fn load(engine: &Engine, path: &str, environment: Environment) -> Result<Self, Refusal> {
        // Safety: the header demands that the caller has verified the file.
        let component = unsafe { wasmtime::component::Component::deserialize_file(&engine.engine, path) }
            .map_err(|error| not_loadable(engine, path, &error))?;
        component.initialize_copy_on_write_image().map_err(|error| refuse(Load::Internal, chain(&error)))?;
        let pre =
            engine.linker.instantiate_pre(&component).map_err(|error| missing_imports(engine, &component, &error))?;
        let pre = FunctionPre::new(pre).map_err(|_| wrong_world(engine, &component))?;
        let clock_resolution_ns = engine.clock_resolution_ns;
        Ok(Component {
            pre,
            environment: environment.into(),
            clock_resolution_ns,
            script: None,
            stores: OnceLock::new(),
        })
    }

    /// The same code with a script in it.
    fn with_script(&self, name: String, text: String, environment: Environment) -> Result<Self, Refusal> {
        if name.is_empty() || name.chars().any(char::is_control) {
            return Err(refuse(Load::Invalid, "the name of a script is empty or has control characters"));
        }
        let script = Script::new(self.pre.instance_pre(), name, text)
            .ok_or_else(|| refuse(Load::World, "it exports no peko:js/loader: it runs no scripts"))?;
        Ok(Component {
            pre: self.pre.clone(),
            environment: environment.into(),
            clock_resolution_ns: self.clock_resolution_ns,
            script: Some(script),
            stores: OnceLock::new(),
        })
    }
}

/// Tells an artifact of another engine from a file that is none, and from one that only the pool refuses.
fn not_loadable(engine: &Engine, path: &str, error: &wasmtime::Error) -> Refusal {
    match wasmtime::Engine::detect_precompiled_file(path) {
        Ok(Some(wasmtime::Precompiled::Component)) => {}
        Ok(Some(wasmtime::Precompiled::Module)) => {
            return refuse(Load::Invalid, "an artifact of a module, not of a component");
        }
        Ok(None) => return refuse(Load::Invalid, format!("not an artifact: {}", chain(error))),
        Err(cause) => return refuse(Load::Invalid, format!("not an artifact: {cause:#}")),
    }
    // Safety: as in `load`.
    match unsafe { wasmtime::component::Component::deserialize_file(&engine.compiler, path) } {
        Ok(_) => refuse(Load::Invalid, format!("too big for a slot: {}", chain(error))),
        Err(_) => refuse(Load::Incompatible, chain(error)),
    }
}

/// The interfaces of WASI 0.2 that the linker provides, without their versions: each in every version 0.2.x. Beside them
/// it has the drafts of config_store and logging.
/// A test compares them with the linker.
pub const PROVIDED: [&str; 29] = [
    "wasi:cli/environment",
    "wasi:cli/exit",
    "wasi:cli/stderr",
    "wasi:cli/stdin",
    "wasi:cli/stdout",
    "wasi:cli/terminal-input",
    "wasi:cli/terminal-output",
    "wasi:cli/terminal-stderr",
    "wasi:cli/terminal-stdin",
    "wasi:cli/terminal-stdout",
    "wasi:clocks/monotonic-clock",
    "wasi:clocks/wall-clock",
    "wasi:filesystem/preopens",
    "wasi:filesystem/types",
    "wasi:http/outgoing-handler",
    "wasi:http/types",
    "wasi:io/error",
    "wasi:io/poll",
    "wasi:io/streams",
    "wasi:random/insecure",
    "wasi:random/insecure-seed",
    "wasi:random/random",
    "wasi:sockets/instance-network",
    "wasi:sockets/ip-name-lookup",
    "wasi:sockets/network",
    "wasi:sockets/tcp",
    "wasi:sockets/tcp-create-socket",
    "wasi:sockets/udp",
    "wasi:sockets/udp-create-socket",
];

fn missing_imports(engine: &Engine, component: &wasmtime::component::Component, error: &wasmtime::Error) -> Refusal {
    let kind = component.component_type();
    let missing: Vec<&str> =
        kind.imports(&engine.engine).map(|(name, _)| name).filter(|name| !inspect::is_provided(name)).collect();
    // Only a part of a known interface is missing: the linker says which.
    refuse(Load::Imports, if missing.is_empty() { chain(error) } else { missing.join("\n") })
}

fn wrong_world(engine: &Engine, component: &wasmtime::component::Component) -> Refusal {
    let kind = component.component_type();
    let exports: Vec<&str> = kind.exports(&engine.engine).map(|(name, _)| name).collect();
    let exports = if exports.is_empty() { "nothing".to_string() } else { exports.join(", ") };
    refuse(Load::World, format!("it exports {exports}; a function exports wasi:http/incoming-handler@0.2"))
}

/// Compiles `wasm`, or says what it is instead of a component.
fn compile(engine: &Engine, wasm: &[u8]) -> Result<Vec<u8>, Refusal> {
    check(engine, wasm)?;
    engine.compiler.precompile_component(wasm).map_err(|error| refuse(Load::Invalid, chain(&error)))
}

/// As compile(), by what was `known` before; the artifact, and what is known now.
fn recompile(engine: &Engine, wasm: &[u8], known: &[u8]) -> Result<(Vec<u8>, Vec<u8>), Refusal> {
    check(engine, wasm)?;
    let known = Arc::new(KnownCode::read(known));
    let compiler = engine.incremental_compiler(known.clone()).map_err(|error| refuse(Load::Internal, chain(&error)))?;
    let artifact = compiler.precompile_component(wasm).map_err(|error| refuse(Load::Invalid, chain(&error)))?;
    Ok((artifact, known.write()))
}

fn check(engine: &Engine, wasm: &[u8]) -> Result<(), Refusal> {
    if !engine.may_compile {
        return Err(refuse(Load::Internal, "this engine was made without a compiler"));
    }
    recognise(wasm)
}

/// The first eight bytes tell a component, a core module and everything else apart.
fn recognise(wasm: &[u8]) -> Result<(), Refusal> {
    let message = match wasm {
        [] => "an empty file, not a component".to_string(),
        [0, b'a', b's', b'm', 1, 0, 0, 0, ..] => {
            "a core WebAssembly module, not a component: build for wasm32-wasip2, or wrap it with `wasm-tools component new`"
                .to_string()
        }
        [0, b'a', b's', b'm', _, _, _, _, ..] => return Ok(()),
        [0x7f, b'E', b'L', b'F', ..] => "an ELF file (a compiled artifact?), not a component".to_string(),
        _ if b"\0asm".starts_with(&wasm[..wasm.len().min(4)]) => "a truncated file: less than a component's header".to_string(),
        _ if is_text(wasm) => "text, not a component (WebAssembly text has to be assembled first)".to_string(),
        _ => "not WebAssembly: it does not begin with \\0asm".to_string(),
    };
    Err(refuse(Load::Invalid, message))
}

fn is_text(bytes: &[u8]) -> bool {
    bytes.iter().take(256).all(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7e | 0x80..))
}

fn utf8(bytes: &[u8], place: &str) -> Result<String, Refusal> {
    let invalid = |error: std::str::Utf8Error| {
        let shown = String::from_utf8_lossy(&bytes[error.valid_up_to().saturating_sub(20)..]);
        let shown: String = shown.chars().take(40).collect();
        refuse(Load::Invalid, format!("not UTF-8 in {place}: {shown:?}"))
    };
    Ok(std::str::from_utf8(bytes).map_err(invalid)?.to_owned())
}

/// # Safety
/// The strings of `fields` are readable.
unsafe fn environment(fields: &[PekoField]) -> Result<Environment, Refusal> {
    let text = |bytes| utf8(bytes, "the environment");
    // Safety: the caller vouches for the strings.
    fields.iter().map(|field| unsafe { Ok((text(field.name.bytes())?, text(field.value.bytes())?)) }).collect()
}

/// Hands a refusal, or a panic, to the C side.
///
/// # Safety
/// `error` is null or may be written.
unsafe fn report(result: Option<Result<(), Refusal>>, error: *mut PekoBuf) -> i32 {
    let refusal = match result {
        Some(Ok(())) => return Load::Ok as i32,
        Some(Err(refusal)) => refusal,
        None => refuse(Load::Internal, "a panic in the bridge"),
    };
    // Safety: the caller vouches for `error`.
    unsafe { put_text(error, refusal.message) };
    refusal.reason as i32
}

/// # Safety
/// `engine` is live, `wasm` has `size` readable bytes, `artifact` and `error` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peko_component_compile(
    engine: *const Engine,
    wasm: *const u8,
    size: usize,
    artifact: *mut PekoBuf,
    error: *mut PekoBuf,
) -> i32 {
    let result = guard(None, || {
        // Safety: the caller vouches for the engine and the bytes.
        let compiled = compile(unsafe { &*engine }, unsafe { slice(wasm, size) });
        // Safety: the caller vouches for `artifact`.
        Some(compiled.map(|bytes| unsafe { artifact.write(bytes.into()) }))
    });
    // Safety: the caller vouches for `error`.
    unsafe { report(result, error) }
}

/// # Safety
/// `engine` is live, `wasm` has `size` readable bytes, `known` is readable; `artifact`, `next` and `error` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peko_component_recompile(
    engine: *const Engine,
    wasm: *const u8,
    size: usize,
    known: PekoStr,
    artifact: *mut PekoBuf,
    next: *mut PekoBuf,
    error: *mut PekoBuf,
) -> i32 {
    let result = guard(None, || {
        // Safety: the caller vouches for the engine and the bytes.
        let compiled = recompile(unsafe { &*engine }, unsafe { slice(wasm, size) }, unsafe { known.bytes() });
        Some(compiled.map(|(bytes, known)| {
            // Safety: the caller vouches for `artifact` and `next`.
            unsafe {
                artifact.write(bytes.into());
                next.write(known.into());
            }
        }))
    });
    // Safety: the caller vouches for `error`.
    unsafe { report(result, error) }
}

/// # Safety
/// `engine` is live, `path` a zero-terminated string whose file the caller has verified, `env` has `count` readable
/// entries, `component` and `error` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peko_component_load(
    engine: *const Engine,
    path: *const c_char,
    env: *const PekoField,
    count: usize,
    component: *mut *const Component,
    error: *mut PekoBuf,
) -> i32 {
    let result = guard(None, || {
        // Safety: the caller vouches for the engine and the strings.
        let (engine, path, env) = unsafe { (&*engine, c_str(path), environment(slice(env, count))) };
        let loaded = match (path, env) {
            (None, _) => Err(refuse(Load::Invalid, "the path is not UTF-8")),
            (_, Err(refusal)) => Err(refusal),
            (Some(path), Ok(env)) => Component::load(engine, path, env),
        };
        // Safety: the caller vouches for `component`.
        Some(loaded.map(|loaded| unsafe { component.write(Arc::into_raw(Arc::new(loaded))) }))
    });
    // Safety: the caller vouches for `error`.
    unsafe { report(result, error) }
}

/// # Safety
/// `engine` is a live component, `name` and `text` are readable, `env` has `count` readable entries, `component` and
/// `error` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peko_component_load_script(
    engine: *const Component,
    name: PekoStr,
    text: PekoStr,
    env: *const PekoField,
    count: usize,
    component: *mut *const Component,
    error: *mut PekoBuf,
) -> i32 {
    let result = guard(None, || {
        // Safety: the caller vouches for the component and the strings.
        let (engine, name, text, env) =
            unsafe { (&*engine, name.bytes(), text.bytes(), environment(slice(env, count))) };
        let loaded = (|| engine.with_script(utf8(name, "a script's name")?, utf8(text, "a script")?, env?))();
        // Safety: the caller vouches for `component`.
        Some(loaded.map(|loaded| unsafe { component.write(Arc::into_raw(Arc::new(loaded))) }))
    });
    // Safety: the caller vouches for `error`.
    unsafe { report(result, error) }
}

/// # Safety
/// `component` is live, `names` has `count` readable entries.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peko_component_name_stores(component: *const Component, names: *const PekoStr, count: usize) {
    guard((), || {
        // Safety: the caller vouches for both.
        let (component, names) = unsafe { (&*component, slice(names, count)) };
        // Safety: as above.
        let text = |name: &PekoStr| String::from_utf8_lossy(unsafe { name.bytes() }).into_owned();
        let _ = component.stores.set(names.iter().map(text).collect());
    })
}

/// # Safety
/// `component` came from peko_component_load or peko_component_load_script and is used no more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peko_component_delete(component: *const Component) {
    if !component.is_null() {
        // Safety: the caller gives its share away.
        guard((), || drop(unsafe { Arc::from_raw(component) }))
    }
}
