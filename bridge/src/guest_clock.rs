//! What guests see of time: no finer than the operator's resolution, so that a clock does not tell what is in a cache.
//!
//! Both clocks show multiples of the resolution. A timer ends when the guest's own clock has reached its end, so none
//! fires early, however coarse the clock is.

use crate::clock;
use crate::context::Context;
use std::time::{Duration, SystemTime};
use wasmtime::Result;
use wasmtime::component::{HasData, Linker, Resource};
use wasmtime_wasi::clocks::{HostWallClock, WasiClocksCtxView};
use wasmtime_wasi::p2::DynPollable;
use wasmtime_wasi::p2::bindings::clocks::monotonic_clock::{self, Host};

/// The monotonic clock of an instance. It begins at 0, so it does not tell how long the host has been up.
pub struct GuestClock {
    resolution_ns: u64,
    begin_ns: u64,
}

impl GuestClock {
    /// `resolution_ns` is not 0.
    pub fn new(resolution_ns: u64) -> Self {
        let now = clock::monotonic_ns();
        GuestClock { resolution_ns, begin_ns: now - now % resolution_ns }
    }

    /// What the guest sees when the host's clock shows `host_ns`, which is not before `new`.
    pub fn seen(&self, host_ns: u64) -> u64 {
        (host_ns - host_ns % self.resolution_ns).saturating_sub(self.begin_ns)
    }

    /// How long it takes from `host_ns` until the guest sees at least `when`.
    pub fn until(&self, when: u64, host_ns: u64) -> u64 {
        let reached = self.begin_ns.saturating_add(when).checked_next_multiple_of(self.resolution_ns);
        reached.unwrap_or(u64::MAX).saturating_sub(host_ns)
    }
}

/// The calendar's time, rounded down.
pub struct GuestWallClock {
    pub resolution_ns: u64,
}

impl HostWallClock for GuestWallClock {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(self.resolution_ns)
    }

    fn now(&self) -> Duration {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        now - Duration::from_nanos((now.as_nanos() % u128::from(self.resolution_ns)) as u64)
    }
}

/// `wasi:clocks/monotonic-clock` of one instance.
pub struct Clocks<'a> {
    pub clock: &'a GuestClock,
    pub timers: WasiClocksCtxView<'a>,
}

impl Host for Clocks<'_> {
    fn now(&mut self) -> Result<u64> {
        Ok(self.clock.seen(clock::monotonic_ns()))
    }

    fn resolution(&mut self) -> Result<u64> {
        Ok(self.clock.resolution_ns)
    }

    fn subscribe_instant(&mut self, when: u64) -> Result<Resource<DynPollable>> {
        self.timers.subscribe_duration(self.clock.until(when, clock::monotonic_ns()))
    }

    fn subscribe_duration(&mut self, duration: u64) -> Result<Resource<DynPollable>> {
        let now = clock::monotonic_ns();
        let end = (now - self.clock.begin_ns).saturating_add(duration);
        // A duration of 0 asks what is ready now and waits for nothing.
        self.timers.subscribe_duration(if duration == 0 { 0 } else { self.clock.until(end, now) })
    }
}

struct HasClocks;

impl HasData for HasClocks {
    type Data<'a> = Clocks<'a>;
}

/// Replaces the monotonic clock of wasmtime-wasi, which must be defined already.
pub fn add_to_linker(linker: &mut Linker<Context>) -> Result<()> {
    linker.allow_shadowing(true);
    monotonic_clock::add_to_linker::<Context, HasClocks>(linker, Context::clocks_of_guest)?;
    linker.allow_shadowing(false);
    Ok(())
}
