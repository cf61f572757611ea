//! `wasi:random` with bounds: the host makes the bytes before the guest has room for them, at the host's expense.

use crate::context::Context;
use std::fmt;
use wasmtime::Result;
use wasmtime::component::{HasData, Linker};
use wasmtime_wasi::p2::bindings::random::{insecure, random};
use wasmtime_wasi::random::WasiRandomCtx;

/// The most bytes that one call may ask for: what the host allocates at once.
pub const CALL_BYTES_MAX: u64 = 1 << 20;

/// What a call of a handler has left, of both interfaces together.
#[derive(Default)]
pub struct RandomBudget {
    left: u64,
    max: u64,
}

impl RandomBudget {
    /// A new call begins, with `max` bytes.
    pub fn begin(&mut self, max: u64) {
        (self.left, self.max) = (max, max);
    }

    /// Takes `bytes`, or says which bound they cross.
    pub fn take(&mut self, bytes: u64) -> Result<(), TooManyRandomBytes> {
        if bytes > CALL_BYTES_MAX {
            return Err(TooManyRandomBytes { asked: bytes, max: CALL_BYTES_MAX, at_once: true });
        }
        match self.left.checked_sub(bytes) {
            Some(left) => self.left = left,
            None => return Err(TooManyRandomBytes { asked: bytes, max: self.max, at_once: false }),
        }
        Ok(())
    }
}

/// The guest asked for more than it may: the call ends.
#[derive(Debug)]
pub struct TooManyRandomBytes {
    asked: u64,
    max: u64,
    at_once: bool,
}

impl fmt::Display for TooManyRandomBytes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let span = if self.at_once { "one call" } else { "one request" };
        write!(out, "the guest asked wasi:random for {} bytes; at most {} come in {span}", self.asked, self.max)
    }
}

impl std::error::Error for TooManyRandomBytes {}

/// `wasi:random/random` and `insecure` of one instance.
pub struct GuestRandom<'a> {
    pub budget: &'a mut RandomBudget,
    pub source: &'a mut WasiRandomCtx,
}

impl random::Host for GuestRandom<'_> {
    fn get_random_bytes(&mut self, length: u64) -> Result<Vec<u8>> {
        self.budget.take(length)?;
        self.source.get_random_bytes(length)
    }

    fn get_random_u64(&mut self) -> Result<u64> {
        self.source.get_random_u64()
    }
}

impl insecure::Host for GuestRandom<'_> {
    fn get_insecure_random_bytes(&mut self, length: u64) -> Result<Vec<u8>> {
        self.budget.take(length)?;
        self.source.get_insecure_random_bytes(length)
    }

    fn get_insecure_random_u64(&mut self) -> Result<u64> {
        self.source.get_insecure_random_u64()
    }
}

struct HasRandom;

impl HasData for HasRandom {
    type Data<'a> = GuestRandom<'a>;
}

/// Replaces two interfaces of wasmtime-wasi, which must be defined already.
pub fn add_to_linker(linker: &mut Linker<Context>) -> Result<()> {
    linker.allow_shadowing(true);
    random::add_to_linker::<Context, HasRandom>(linker, Context::random_of_guest)?;
    insecure::add_to_linker::<Context, HasRandom>(linker, Context::random_of_guest)?;
    linker.allow_shadowing(false);
    Ok(())
}
