"""Hello, World beside four neighbours that spin

A small function at 1,000 requests a second while four requests to another one compute for ever, on the same thread: fairness.
Where a runtime stops what computes for too long, the neighbours ask again at once.
"""

import contextlib
import math
import time

from rig import peers
from rig.load import Load, lateness
from rig.machine import in_short
from rig.method import Contestant, Round
from rig.result import Column, Result

P99_MAX_MS = 5.0
RATE, SPINNERS = 1000, 4
LEAD = 0.25  # seconds that the neighbours have before the small function is asked
COLUMNS = [
    Column("alone_p99_us", "alone p99 us", better="lower", pool="alone_us", share=0.99),
    Column("p50_us", "beside p50 us", better="lower", pool="beside_us", share=0.5),
    Column("p99_us", "p99 us", better="lower", spread=True, plot=True, pool="beside_us", share=0.99),
    Column("answered", "answered %", 1, "higher"),
]


def run(bench):
    result = Result(COLUMNS, f"{RATE:,} requests/s to the small function over 16 connections, {SPINNERS} to the one that spins. "
                             "What failed was never answered; what was not answered counts as long as it waited.")
    hello, spin = peers.component("hello-c"), peers.component("spin")
    script = peers.SCRIPTS / "spin_worker.mjs"
    contestants = [  # with who spins beside it
        (Contestant("peko", lambda: peers.peko(peers.Store(bench.folder()).drop("hello-c").drop("spin"), "hello-c"), subject=True),
         contextlib.nullcontext, Load(host="spin.localhost", connections=SPINNERS)),
        (Contestant("wasmtime serve, two processes", lambda: peers.wasmtime(hello),
                    note="one component in a process; the kernel shares the CPU"),
         lambda _: peers.wasmtime(spin), Load(connections=SPINNERS)),
        (Contestant("workerd", lambda: peers.workerd(bench.folder(), script),
                    note="it has no limit of CPU time; a neighbour here ends by itself after half a second or so"),
         contextlib.nullcontext, Load(path="/spin", connections=SPINNERS)),
        (Contestant("Node.js, script", lambda: peers.node("fetch.mjs", script),
                    note="as workerd: whoever computes has the thread"),
         contextlib.nullcontext, Load(path="/spin", connections=SPINNERS)),
    ]
    result.leave_out("nginx", "it runs nothing that could spin")
    for contestant, neighbour_of, spinners in contestants:
        # One after the other: what spins would take its time from the others.
        with contextlib.ExitStack() as own:
            started = bench.start([contestant], result, own)
            if started:
                measure(bench, result, started, own, neighbour_of, spinners)
    ours = next(row for row in result.rows if row.subject)
    p99 = ours.median("p99_us")
    if p99 is None:
        result.judge(None, f"p99 beside {SPINNERS} that spin (bar {P99_MAX_MS:g} ms): too few requests")
    else:
        said = f"{p99 / 1000:.2f} ms" if math.isfinite(p99) else "over 1 % were never answered"
        result.judge(p99 < P99_MAX_MS * 1000, f"p99 beside {SPINNERS} that spin: {said} (bar {P99_MAX_MS:g} ms)")
    return result


def measure(bench, result, started, own, neighbour_of, spinners):
    contestant, server, row = started[0]
    try:
        neighbour = own.enter_context(neighbour_of(server))
    except Exception as error:  # noqa: BLE001  (a peer's: the case goes on)
        result.rows.remove(row)
        result.leave_out(contestant.name, in_short(error))
        return
    bench.in_turn(started, result, "beside neighbours", bench.rounds, lambda _, server: beside(bench, server, neighbour, spinners))


def beside(bench, server, neighbour, spinners):
    """A round: alone, then beside those that spin, which may fail: they are stopped by force."""
    steady = Load(connections=16, expect_bytes=len("Hello, World!"))
    seconds = 1.5 * bench.seconds
    steady.warm_up(server, 0.5)
    alone = steady.run(server, rate=RATE, seconds=seconds / 2)
    with spinners.beside(neighbour):
        time.sleep(LEAD)
        # Failures are counted below.
        found = steady.run(server, rate=RATE, seconds=seconds, failures_fine=True)
    failed = sum(found["failed"].values())
    never = [math.inf] * failed
    return Round({"answered": 100 * found["answered"] / max(1, found["answered"] + found["unanswered"] + failed)},
                 {"alone_us": alone["latencies"], "beside_us": [*found["latencies"], *never]}, lateness(alone) or lateness(found))
