//! The process's engine and the loops on it.

use crate::abi::*;
use crate::context::Context;
use crate::known_code::KnownCode;
use crate::limits::Ledger;
use crate::outbound::Exchanges;
use crate::waker::LoopShared;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::{Duration, Instant};
use wasmtime::component::Linker;
use wasmtime::{
    Config, Enabled, ModuleVersionStrategy, OptLevel, PoolingAllocationConfig, Result, WasmBacktraceDetails, ensure,
};

/// The version of wasmtime that is linked (build.rs).
const WASMTIME: &str = env!("PEKO_WASMTIME_VERSION");

/// Host functions, our hooks among them, run on the guest's stack above the part that wasm may use.
const HOST_STACK_BYTES: usize = 3 << 19;
/// What a stack keeps resident after use, so that the next instance does not fault for it. The pages below are given back:
/// those of a deep call would stay with the slot for ever.
const STACK_KEEP_BYTES: usize = 8 << 10;
/// Start images up to this size are mapped from the artifact instead of being copied: JavaScript engines have 10 MiB.
const IMAGE_BYTES_MAX: u64 = 64 << 20;
/// Of one table; a slot reserves 8 bytes of address space for each.
const TABLE_ELEMENTS_MAX: usize = 100_000;
/// What a loop or overflow thread may have running beside the instances that are kept.
const STACKS_PER_THREAD: u32 = 16;

/// x86-64-v3 without what Cranelift does not know: every server CPU since 2015, and valgrind.
const BASELINE_X86_64: [&str; 12] = [
    "has_sse3",
    "has_ssse3",
    "has_sse41",
    "has_sse42",
    "has_popcnt",
    "has_cmpxchg16b",
    "has_avx",
    "has_avx2",
    "has_fma",
    "has_bmi1",
    "has_bmi2",
    "has_lzcnt",
];
/// ARMv8.1: every server CPU since 2018.
const BASELINE_AARCH64: [&str; 1] = ["has_lse"];

enum Role {
    /// Runs instances in a pool of slots; cannot compile.
    Serve,
    /// Compiles, and loads on demand; its artifacts run in the serving engine.
    Compile,
}

/// The only place that makes settings, for compiling and for loading: they have to agree.
fn settings(config: &PekoEngineConfig, role: Role) -> Result<Config> {
    let stack = config.stack_bytes as usize;
    let (target, baseline) = match std::env::consts::ARCH {
        "x86_64" => ("x86_64-unknown-linux-gnu", &BASELINE_X86_64[..]),
        "aarch64" => ("aarch64-unknown-linux-gnu", &BASELINE_AARCH64[..]),
        other => wasmtime::bail!("no CPU baseline is defined for {other}"),
    };
    let mut settings = Config::new();
    settings
        .target(target)?
        .module_version(ModuleVersionStrategy::Custom(format!("{WASMTIME}+bridge-{ABI}")))?
        .epoch_interruption(true)
        .concurrency_support(false)
        .max_wasm_stack(stack)
        .async_stack_size(stack + HOST_STACK_BYTES)
        .async_stack_zeroing(true)
        .native_unwind_info(false)
        .wasm_backtrace_details(WasmBacktraceDetails::Disable)
        .memory_guaranteed_dense_image_size(IMAGE_BYTES_MAX);
    match role {
        Role::Serve => {
            settings.enable_compiler(false).allocation_strategy(pool(config));
        }
        Role::Compile => {
            settings.cranelift_opt_level(OptLevel::Speed).parallel_compilation(true);
            for flag in baseline {
                // Safety: these name instructions of the baseline; loading checks that the host has them.
                unsafe { settings.cranelift_flag_enable(flag) };
            }
        }
    }
    Ok(settings)
}

/// Slots for `max_instances` components of up to four modules with memory each. Most of it is address space.
fn pool(config: &PekoEngineConfig) -> PoolingAllocationConfig {
    let n = config.max_instances;
    let keep = config.memory_keep_bytes as usize;
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(n)
        .total_core_instances(n.saturating_mul(6))
        .total_memories(n.saturating_mul(3))
        .total_tables(n.saturating_mul(3))
        .total_stacks(n.saturating_add(config.threads.saturating_mul(STACKS_PER_THREAD)))
        .max_memories_per_component(4)
        .max_memories_per_module(4)
        .max_tables_per_component(12)
        .max_tables_per_module(4)
        .max_core_instances_per_component(64)
        .max_component_instance_size(8 << 20)
        .max_core_instance_size(8 << 20)
        .table_elements(TABLE_ELEMENTS_MAX)
        .max_memory_size(usize::try_from(config.memory_bytes_max).unwrap_or(usize::MAX))
        .max_unused_warm_slots((n / 10).max(100))
        .linear_memory_keep_resident(keep)
        .table_keep_resident(keep / 4)
        .async_stack_keep_resident(STACK_KEEP_BYTES)
        .decommit_batch_size(1)
        .pagemap_scan(Enabled::No);
    pool
}

pub struct Engine {
    /// Where components are loaded and run.
    pub engine: wasmtime::Engine,
    /// The same settings with a compiler, without a pool.
    pub compiler: wasmtime::Engine,
    pub linker: Linker<Context>,
    pub may_compile: bool,
    config: PekoEngineConfig,
    ledger: Arc<Ledger>,
    pub clock_resolution_ns: u64,
    /// Serves the guests' timers.
    runtime: Option<tokio::runtime::Runtime>,
    id: String,
}

impl Engine {
    fn new(config: &PekoEngineConfig) -> Result<Self> {
        check(config)?;
        let compiler = wasmtime::Engine::new(&settings(config, Role::Compile)?)?;
        let engine = match config.max_instances {
            0 => compiler.clone(),
            _ => wasmtime::Engine::new(&settings(config, Role::Serve)?)?,
        };
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
        crate::http::add_to_linker(&mut linker)?;
        crate::guest_clock::add_to_linker(&mut linker)?;
        crate::guest_random::add_to_linker(&mut linker)?;
        crate::config_store::add_to_linker(&mut linker)?;
        crate::logging::add_to_linker(&mut linker)?;
        crate::key_value::add_to_linker(&mut linker)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .max_blocking_threads(4)
            .thread_name("peko-timers")
            .enable_all()
            .build()?;
        let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
        compiler.precompile_compatibility_hash().hash(&mut hash);
        Ok(Engine {
            engine,
            linker,
            may_compile: config.compiler != 0,
            config: *config,
            ledger: Arc::default(),
            clock_resolution_ns: config.clock_resolution_ns,
            runtime: Some(runtime),
            id: format!("wasmtime-{WASMTIME}-bridge-{ABI}-{:016x}", hash.finish()),
            compiler,
        })
    }
}

impl Engine {
    /// A compiler of the same artifacts that asks `known` for each function before it compiles it.
    pub fn incremental_compiler(&self, known: Arc<KnownCode>) -> Result<wasmtime::Engine> {
        let mut settings = settings(&self.config, Role::Compile)?;
        settings.enable_incremental_compilation(known)?;
        wasmtime::Engine::new(&settings)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(Duration::from_secs(2))
        }
    }
}

fn check(config: &PekoEngineConfig) -> Result<()> {
    let size = size_of::<PekoEngineConfig>();
    ensure!(config.size as usize == size, "peko_engine_config has {} bytes, {size} are expected: rebuild", config.size);
    ensure!((64 << 10..=64 << 20).contains(&config.stack_bytes), "stack_bytes must be between 64 KiB and 64 MiB");
    let memory = config.memory_bytes_max;
    ensure!((64 << 10..=4 << 30).contains(&memory), "memory_bytes_max must be between 64 KiB and 4 GiB");
    let clock = config.clock_resolution_ns;
    ensure!((1..=1_000_000_000).contains(&clock), "clock_resolution_ns must be between 1 and 1,000,000,000");
    #[cfg(target_arch = "x86_64")]
    ensure!(
        std::arch::is_x86_feature_detected!("avx2")
            && std::arch::is_x86_feature_detected!("fma")
            && std::arch::is_x86_feature_detected!("bmi2"),
        "this CPU is older than x86-64-v3 (AVX2, FMA, BMI2), which compiled components need"
    );
    Ok(())
}

/// FNV-1a: the same in every build, unlike the standard library's hasher.
struct Fnv(u64);

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        }
    }
}

/// A loop thread's hooks, with what is in flight under them.
pub struct Loop {
    pub shared: Arc<LoopShared>,
}

impl Loop {
    pub fn exchanges(&self) -> &Exchanges {
        &self.shared.exchanges
    }
}

/// # Safety
/// `config` is readable, `error` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peko_engine_new(config: *const PekoEngineConfig, error: *mut PekoBuf) -> *mut Engine {
    guard(std::ptr::null_mut(), || {
        // Safety: the caller vouches for `config`.
        match Engine::new(unsafe { &*config }) {
            Ok(engine) => Box::into_raw(Box::new(engine)),
            Err(cause) => {
                // Safety: the caller vouches for `error`.
                unsafe { put_text(error, crate::outcome::chain(&cause)) };
                std::ptr::null_mut()
            }
        }
    })
}

/// # Safety
/// `engine` came from peko_engine_new and is used no more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peko_engine_delete(engine: *mut Engine) {
    if !engine.is_null() {
        // Safety: the caller gives the engine away.
        guard((), || drop(unsafe { Box::from_raw(engine) }))
    }
}

/// # Safety
/// `engine` is live. Signal handlers call this: an atomic increment, and nothing else.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peko_engine_tick(engine: *const Engine) {
    // Safety: the caller vouches for it.
    unsafe { (*engine).engine.increment_epoch() }
}

/// # Safety
/// `engine` is live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peko_engine_memory_bytes(engine: *const Engine) -> u64 {
    // Safety: the caller vouches for it.
    unsafe { (*engine).ledger.bytes() }
}

/// # Safety
/// `engine` is live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peko_engine_limit_memory(engine: *const Engine, bytes_max: u64) {
    // Safety: the caller vouches for it.
    unsafe { (*engine).ledger.set_max(bytes_max) }
}

/// # Safety
/// `engine` is live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peko_engine_id(engine: *const Engine) -> PekoBuf {
    // Safety: the caller vouches for it.
    unsafe { (*engine).id.clone().into_bytes().into() }
}

/// # Safety
/// `engine` is live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peko_thread_attach(engine: *const Engine) {
    guard((), || {
        // Safety: the caller vouches for it.
        let engine: &'static Engine = unsafe { &*engine };
        if let Some(runtime) = &engine.runtime {
            // For the life of the thread: wasmtime-wasi looks for the runtime whenever a timer is polled.
            std::mem::forget(runtime.handle().enter());
        }
        wasmtime::Engine::tls_eager_initialize();
    })
}

/// # Safety
/// `engine` is live, `hooks` is readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peko_loop_new(engine: *const Engine, hooks: *const PekoLoopHooks) -> *mut Loop {
    guard(std::ptr::null_mut(), || {
        // Safety: the caller vouches for both.
        let shared = Arc::new(unsafe { LoopShared::new(*hooks, (*engine).ledger.clone()) });
        Box::into_raw(Box::new(Loop { shared }))
    })
}

/// How long peko_loop_delete waits for wakers that the timer thread is just dropping.
const LAST_WAKERS: Duration = Duration::from_secs(5);

/// After it no hook of the loop is called any more: waits until nobody else holds them.
///
/// # Safety
/// `owner` came from peko_loop_new and is used no more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn peko_loop_delete(owner: *mut Loop) {
    if owner.is_null() {
        return;
    }
    // Safety: the caller gives the loop away.
    let owner = unsafe { Box::from_raw(owner) };
    let begin = Instant::now();
    while Arc::strong_count(&owner.shared) > 1 && begin.elapsed() < LAST_WAKERS {
        std::thread::sleep(Duration::from_micros(100));
    }
}
