//! CPU accounting of one poll.
//!
//! The thread's CPU clock is a system call (0.8 us on a virtual machine: a sixth of a warm request), so the edges of a
//! poll read the monotonic clock, and the CPU clock is read only once an epoch tick has fired in it. A poll without
//! a tick is shorter than a tick and is billed by the time that went by.

use std::cell::Cell;

/// What may go by before the first tick of a poll is seen, at most: two ticks.
const BEFORE_FIRST_TICK_NS: u64 = 2_000_000;

#[derive(Clone, Copy)]
struct Meter {
    /// CPU time before this poll.
    before: u64,
    /// Monotonic time at the begin of the poll.
    begin: u64,
    /// CPU time between begin and the first tick.
    to_first_tick: u64,
    /// The thread's CPU clock at the first tick; 0: no tick yet.
    first_tick: u64,
}

thread_local! {
    static METER: Cell<Meter> = const { Cell::new(Meter { before: 0, begin: 0, to_first_tick: 0, first_tick: 0 }) };
}

fn read(clock: libc::clockid_t) -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // Safety: `time` may be written.
    unsafe { libc::clock_gettime(clock, &mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

pub fn monotonic_ns() -> u64 {
    read(libc::CLOCK_MONOTONIC)
}

fn thread_cpu_ns() -> u64 {
    read(libc::CLOCK_THREAD_CPUTIME_ID)
}

/// A poll begins on this thread for an invocation that has used `before` ns.
pub fn begin(before: u64) {
    METER.set(Meter { before, begin: monotonic_ns(), to_first_tick: 0, first_tick: 0 });
}

/// An epoch tick was seen. Returns the CPU time of the invocation so far.
pub fn tick() -> u64 {
    let mut meter = METER.get();
    let now = thread_cpu_ns();
    if meter.first_tick == 0 {
        meter.to_first_tick = (monotonic_ns() - meter.begin).min(BEFORE_FIRST_TICK_NS);
        meter.first_tick = now;
        METER.set(meter);
    }
    meter.before + meter.to_first_tick + (now - meter.first_tick)
}

/// The poll ends. Returns the CPU time of the invocation so far.
pub fn end() -> u64 {
    let meter = METER.get();
    if meter.first_tick != 0 {
        return meter.before + meter.to_first_tick + (thread_cpu_ns() - meter.first_tick);
    }
    meter.before + (monotonic_ns() - meter.begin)
}
