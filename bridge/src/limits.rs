//! The memory limit of an instance: all its linear memories and tables together.

use wasmtime::ResourceLimiter;

/// What wasmtime keeps for one table element.
const TABLE_ELEMENT_BYTES: usize = 8;

/// Sums what the instance has grown to and remembers refusals, so that the trap that follows one (a guest whose malloc
/// failed) is reported as a memory limit.
#[derive(Default)]
pub struct Limiter {
    bytes: usize,
    peak: usize,
    max: usize,
    denied: bool,
    last_growth: usize,
}

impl Limiter {
    /// A new call begins under the limit `max`.
    pub fn begin(&mut self, max: u64) {
        self.max = usize::try_from(max).unwrap_or(usize::MAX);
        self.peak = self.bytes;
        self.denied = false;
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

    fn grow(&mut self, growth: usize) -> bool {
        let Some(bytes) = self.bytes.checked_add(growth).filter(|bytes| *bytes <= self.max) else {
            self.denied = true;
            self.last_growth = 0;
            return false;
        };
        self.last_growth = growth;
        self.bytes = bytes;
        self.peak = self.peak.max(bytes);
        true
    }

    fn take_back(&mut self) {
        self.denied = true;
        self.bytes -= std::mem::take(&mut self.last_growth);
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
