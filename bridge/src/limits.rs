//! The memory limit of an instance: all its linear memories and tables together. And the sum over all instances.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use wasmtime::ResourceLimiter;

/// What wasmtime keeps for one table element.
const TABLE_ELEMENT_BYTES: usize = 8;

/// What an instance takes beside its memories and tables: store, stack, tables of handles. A warm hello has 22 KB
/// resident in all (docs/decisions/0001-bridge.md).
pub const INSTANCE_BYTES: u64 = 24 << 10;

/// What all instances of an engine hold, those that wait for the reaper included, and how much that may become. Touched
/// when an instance grows or goes, never by a call that does neither.
pub struct Ledger {
    bytes: AtomicU64,
    max: AtomicU64,
}

impl Default for Ledger {
    fn default() -> Self {
        Ledger { bytes: AtomicU64::new(0), max: AtomicU64::new(u64::MAX) }
    }
}

impl Ledger {
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    pub fn set_max(&self, max: u64) {
        self.max.store(max, Ordering::Relaxed);
    }

    fn add(&self, growth: usize) -> bool {
        let sum = self.bytes.fetch_add(growth as u64, Ordering::Relaxed) + growth as u64;
        let fits = sum <= self.max.load(Ordering::Relaxed);
        if !fits {
            self.subtract(growth);
        }
        fits
    }

    fn subtract(&self, bytes: usize) {
        self.bytes.fetch_sub(bytes as u64, Ordering::Relaxed);
    }
}

/// Sums what the instance has grown to and remembers refusals, so that the trap that follows one (a guest whose malloc
/// failed) is reported as a memory limit.
pub struct Limiter {
    bytes: usize,
    peak: usize,
    max: usize,
    denied: bool,
    starved: bool,
    last_growth: usize,
    ledger: Arc<Ledger>,
}

impl Limiter {
    pub fn new(ledger: Arc<Ledger>) -> Self {
        ledger.bytes.fetch_add(INSTANCE_BYTES, Ordering::Relaxed);
        Limiter { bytes: 0, peak: 0, max: 0, denied: false, starved: false, last_growth: 0, ledger }
    }

    /// A new call begins under the limit `max`.
    pub fn begin(&mut self, max: u64) {
        self.max = usize::try_from(max).unwrap_or(usize::MAX);
        self.peak = self.bytes;
        self.denied = false;
        self.starved = false;
    }

    pub fn bytes(&self) -> u64 {
        self.bytes as u64
    }

    /// The most since the call began.
    pub fn peak(&self) -> u64 {
        self.peak as u64
    }

    /// Growth was refused since the call began.
    pub fn denied(&self) -> bool {
        self.denied
    }

    /// Growth within the instance's limit was refused since the call began, because all instances together hold too much.
    pub fn starved(&self) -> bool {
        self.starved
    }

    fn grow(&mut self, growth: usize) -> bool {
        let Some(bytes) = self.bytes.checked_add(growth).filter(|bytes| *bytes <= self.max) else {
            self.denied = true;
            self.last_growth = 0;
            return false;
        };
        if !self.ledger.add(growth) {
            self.denied = true;
            self.starved = true;
            self.last_growth = 0;
            return false;
        }
        self.last_growth = growth;
        self.bytes = bytes;
        self.peak = self.peak.max(bytes);
        true
    }

    fn take_back(&mut self) {
        self.denied = true;
        let growth = std::mem::take(&mut self.last_growth);
        self.bytes -= growth;
        self.ledger.subtract(growth);
    }
}

impl Drop for Limiter {
    fn drop(&mut self) {
        self.ledger.subtract(self.bytes + INSTANCE_BYTES as usize);
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(self.grow(desired.saturating_sub(current)))
    }

    fn memory_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        self.take_back();
        Ok(())
    }

    fn table_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(self.grow(desired.saturating_sub(current).saturating_mul(TABLE_ELEMENT_BYTES)))
    }

    fn table_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        self.take_back();
        Ok(())
    }
}
