//! What the store of an instance holds: WASI, wasi:http, limits.

use crate::abi::PekoLimits;
use crate::component::{Component, Environment};
use crate::guest_clock::{Clocks, GuestClock, GuestWallClock};
use crate::guest_random::{GuestRandom, RandomBudget};
use crate::http::state::HttpState;
use crate::key_value::KeyValueCalls;
use crate::limits::Limiter;
use crate::log::{LogStream, LogTarget};
use crate::outbound::OutboundCalls;
use crate::waker::LoopShared;
use std::sync::Arc;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::clocks::WasiClocksCtxView;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

pub struct Context {
    /// First, so that its outbound requests are cancelled before the bodies that feed them go.
    pub outbound: OutboundCalls,
    pub key_value: KeyValueCalls,
    wasi: WasiCtx,
    pub http: HttpState,
    pub table: ResourceTable,
    pub limiter: Limiter,
    log: Arc<LogTarget>,
    environment: Arc<Environment>,
    clock: GuestClock,
    random: RandomBudget,
    pub limits: PekoLimits,
    pub cpu_exceeded: bool,
    /// It runs a script, which says by an internal-error what it threw.
    pub runs_script: bool,
    /// How often its slice has ended in this call.
    pub yields: u64,
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
            outbound: OutboundCalls::new(shared),
            key_value: KeyValueCalls::new(component.stores().clone()),
            wasi: wasi.build(),
            http: HttpState::default(),
            table: ResourceTable::new(),
            limiter: Limiter::new(shared.ledger.clone()),
            log,
            environment: component.environment().clone(),
            clock: GuestClock::new(component.clock_resolution_ns()),
            random: RandomBudget::default(),
            limits: PekoLimits::default(),
            cpu_exceeded: false,
            runs_script: component.script().is_some(),
            yields: 0,
        }
    }

    /// A call begins: everything that counts per call starts again.
    pub fn begin(&mut self, shared: &Arc<LoopShared>, token: u64, limits: &PekoLimits) {
        if !Arc::ptr_eq(shared, &self.outbound.shared) {
            self.outbound.shared = shared.clone();
            self.log.set_loop(shared.clone());
        }
        self.log.set_token(token);
        self.outbound.begin(token, limits.outbound);
        self.key_value.begin(limits.key_value);
        self.limiter.begin(limits.memory_bytes);
        self.random.begin(limits.random_bytes);
        self.table.set_max_capacity(limits.handles as usize);
        self.http.budget.list_max = limits.field_bytes as usize;
        self.limits = *limits;
        self.cpu_exceeded = false;
        self.yields = 0;
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
