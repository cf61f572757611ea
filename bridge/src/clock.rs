//! CPU accounting of one poll.
//!
//! The thread's CPU clock is a system call (0.8 us on a virtual machine: a sixth of a warm request), so the edges of a
//! poll read the monotonic clock, and the CPU clock is read only at an epoch tick by which enough time has gone by for
//! the slice or the limit to be over. A poll without such a tick is billed by the time that went by, and so is what went by
//! before the first one, but neither by more than the thread can have computed: an instruction that fills a gigabyte sees
//! its ticks late, and a thread that had to wait for a CPU did not compute.

use std::cell::Cell;

/// How old a thread's mark may be before a poll's end renews it: an error of a tick, for a system call a tick.
const MARK_AGE_NS: u64 = 1_000_000;

#[derive(Clone, Copy)]
struct Meter {
    /// CPU time before this poll.
    before: u64,
    /// Monotonic time at the begin of the poll.
    begin: u64,
    /// Time after which the guest is to yield.
    slice: u64,
    /// CPU time between begin and the first tick that read the CPU clock.
    to_first_tick: u64,
    /// The thread's CPU clock at that tick; 0: none yet.
    first_tick: u64,
}

/// Both clocks at the end of some poll of the thread.
#[derive(Clone, Copy)]
struct Mark {
    monotonic: u64,
    cpu: u64,
}

thread_local! {
    static MARK: Cell<Mark> = const { Cell::new(Mark { monotonic: 0, cpu: 0 }) };
    static METER: Cell<Meter> = const { Cell::new(Meter { before: 0, begin: 0, slice: 0, to_first_tick: 0, first_tick: 0 }) };
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

/// A poll begins on this thread for an invocation that has used `before` ns, and is to yield once `slice` ns have gone by.
pub fn begin(before: u64, slice: u64) {
    METER.set(Meter { before, begin: monotonic_ns(), slice, to_first_tick: 0, first_tick: 0 });
}

/// What a guest that sees a tick is to do.
pub enum Tick {
    GoOn,
    Yield,
    /// It has used more than its limit.
    Stop,
}

/// An epoch tick was seen by an invocation that may use `limit` ns of CPU; 0: any. A guest goes on within its slice only, by
/// the time that has gone by.
pub fn tick(limit: u64) -> Tick {
    let mut meter = METER.get();
    let limit = if limit == 0 { u64::MAX } else { limit };
    let passed = monotonic_ns() - meter.begin;
    if passed < meter.slice && meter.before + passed <= limit {
        return Tick::GoOn;
    }
    let now = thread_cpu_ns();
    if meter.first_tick == 0 {
        meter.to_first_tick = passed.min(now - MARK.get().cpu);
        meter.first_tick = now;
        METER.set(meter);
    }
    let used = meter.before + meter.to_first_tick + (now - meter.first_tick);
    if used > limit { Tick::Stop } else { Tick::Yield }
}

/// The poll ends. Returns the CPU time of the invocation so far.
pub fn end() -> u64 {
    let meter = METER.get();
    let now = monotonic_ns();
    let mark = MARK.get();
    if meter.first_tick == 0 && now - mark.monotonic <= MARK_AGE_NS {
        return meter.before + (now - meter.begin);
    }
    let cpu = thread_cpu_ns();
    MARK.set(Mark { monotonic: now, cpu });
    if meter.first_tick == 0 {
        return meter.before + (now - meter.begin).min(cpu - mark.cpu);
    }
    meter.before + meter.to_first_tick + (cpu - meter.first_tick)
}
