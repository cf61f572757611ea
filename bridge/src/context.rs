//! What the store of an instance holds: WASI, limits, and the hooks through which wasmtime asks us.

use crate::abi::PekoLimits;
use crate::component::{Component, Environment};
use crate::fields;
use crate::guest_clock::{Clocks, GuestClock, GuestWallClock};
use crate::guest_random::{GuestRandom, RandomBudget};
use crate::limits::Limiter;
use crate::log::{LogStream, LogTarget};
use crate::outbound::{self, SendResult};
use crate::waker::LoopShared;
use http::HeaderName;
use std::sync::{Arc, LazyLock};
use wasmtime::component::ResourceTable;
use wasmtime_wasi::clocks::WasiClocksCtxView;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{
    Error, ForbiddenHeaderFilter, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks, WasiHttpView,
};

/// Writes of a guest that wait for the loop, each of at most BODY_WRITE_BYTES: some 1.1 MiB an invocation.
const BODY_WRITES: usize = 16;
const BODY_WRITE_BYTES: usize = 64 << 10;

pub struct Context {
    /// First, so that its outbound requests are cancelled before the bodies that feed them go.
    pub hooks: Hooks,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    pub table: ResourceTable,
    pub limiter: Limiter,
    log: Arc<LogTarget>,
    environment: Arc<Environment>,
    clock: GuestClock,
    random: RandomBudget,
    pub limits: PekoLimits,
    pub cpu_exceeded: bool,
    /// The call's request is a HEAD.
    pub answers_head: bool,
    /// Epoch ticks in this call.
    pub ticks: u64,
}

impl Context {
    pub fn new(shared: &Arc<LoopShared>, component: &Component) -> Self {
        let log = Arc::new(LogTarget::new(shared.clone(), 0));
        let mut wasi = WasiCtx::builder();
        wasi.stdout(LogStream::stdout(log.clone()))
            .stderr(LogStream::stderr(log.clone()))
            .allow_tcp(false)
            .allow_udp(false)
            .allow_ip_name_lookup(false)
            .wall_clock(GuestWallClock { resolution_ns: component.clock_resolution_ns() });
        for (name, value) in component.environment().iter() {
            wasi.env(name, value);
        }
        Context {
            hooks: Hooks { shared: shared.clone(), token: 0, outbound_max: 0, outbound: 0, exchanges: Vec::new() },
            wasi: wasi.build(),
            http: WasiHttpCtx::new(),
            table: ResourceTable::new(),
            limiter: Limiter::default(),
            log,
            environment: component.environment().clone(),
            clock: GuestClock::new(component.clock_resolution_ns()),
            random: RandomBudget::default(),
            limits: PekoLimits::default(),
            cpu_exceeded: false,
            answers_head: false,
            ticks: 0,
        }
    }

    /// A call begins: everything that counts per call starts again.
    pub fn begin(&mut self, shared: &Arc<LoopShared>, token: u64, limits: &PekoLimits) {
        if !Arc::ptr_eq(shared, &self.hooks.shared) {
            self.hooks.shared = shared.clone();
            self.log.set_loop(shared.clone());
        }
        self.log.set_token(token);
        self.hooks.token = token;
        self.hooks.outbound = 0;
        self.hooks.outbound_max = limits.outbound;
        self.limiter.begin(limits.memory_bytes);
        self.random.begin(limits.random_bytes);
        self.table.set_max_capacity(limits.handles as usize);
        self.http.set_field_size_limit(limits.field_bytes as usize);
        self.limits = *limits;
        self.cpu_exceeded = false;
        self.ticks = 0;
    }

    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    pub fn log(&self) -> &LogTarget {
        &self.log
    }

    pub fn clocks_of_guest(&mut self) -> Clocks<'_> {
        let timers = WasiClocksCtxView { ctx: self.wasi.clocks(), table: &mut self.table };
        Clocks { clock: &self.clock, timers }
    }

    pub fn random_of_guest(&mut self) -> GuestRandom<'_> {
        GuestRandom { budget: &mut self.random, source: self.wasi.random() }
    }

    /// A clean call is over: may the instance serve another one?
    pub fn reusable(&mut self) -> bool {
        let retire = self.limits.retire_bytes;
        !self.limiter.denied()
            && (retire == 0 || self.limiter.bytes() <= retire)
            && self.table.iter_mut().count() <= self.limits.handles_kept as usize
    }
}

impl WasiView for Context {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for Context {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { ctx: &mut self.http, table: &mut self.table, hooks: &mut self.hooks }
    }
}

/// The hooks of wasmtime-wasi-http.
pub struct Hooks {
    shared: Arc<LoopShared>,
    token: u64,
    outbound_max: u32,
    /// Outbound requests that the guest has made in this call, refused ones included.
    pub outbound: u32,
    exchanges: Vec<u64>,
}

impl Hooks {
    /// The call is over: the guest does not run any more, so nothing waits for what it has asked for.
    pub fn end_call(&mut self) {
        for id in self.exchanges.drain(..) {
            self.shared.exchanges.cancel(&self.shared, id);
        }
    }
}

impl Drop for Hooks {
    fn drop(&mut self) {
        self.end_call()
    }
}

static FORBIDDEN: LazyLock<ForbiddenHeaderFilter> =
    LazyLock::new(|| Arc::new(|name| fields::is_forbidden(name.as_str())));

impl WasiHttpHooks for Hooks {
    fn is_forbidden_header(&mut self, name: &HeaderName) -> bool {
        fields::is_forbidden(name.as_str())
    }

    fn forbidden_header_filter(&mut self) -> ForbiddenHeaderFilter {
        FORBIDDEN.clone()
    }

    fn p2_outgoing_body_buffer_chunks(&mut self) -> usize {
        BODY_WRITES
    }

    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        BODY_WRITE_BYTES
    }

    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
        _: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = SendResult> + Send> {
        self.outbound = self.outbound.saturating_add(1);
        if self.outbound > self.outbound_max {
            return Box::new(std::future::ready(Err(Error::ConnectionLimitReached)));
        }
        let (id, response) = outbound::send(&self.shared, self.token, request, options);
        self.exchanges.push(id);
        response
    }
}
