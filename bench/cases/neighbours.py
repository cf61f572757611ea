"""Hello, World beside four neighbours that spin

A small function at 1,000 requests a second while four requests to another one compute for ever, on the same thread: fairness.
Where a runtime stops what computes for too long, the neighbours ask again at once.
"""

import concurrent.futures

from rig import peers
from rig.load import Load
from rig.machine import two_cpus
from rig.method import Contestant
from rig.noise import Watch
from rig.result import Column, Result

P99_MAX_MS = 5.0
RATE, SPINNERS = 1000, 4
COLUMNS = [
    Column("alone_p99_us", "alone p99 us", better="lower"),
    Column("p50_us", "beside p50 us", better="lower"),
    Column("p99_us", "p99 us", better="lower", spread=True, plot=True),
    Column("p999_us", "p99.9 us", better="lower"),
    Column("answered", "answered %", 1, "higher"),
]


def run(bench):
    result = Result(COLUMNS, f"{RATE:,} requests/s to the small function over 16 connections, {SPINNERS} to the one that spins.")
    hello, spin = peers.component("hello-c"), peers.component("spin")
    script = peers.SCRIPTS / "spin_worker.mjs"

    def process_for_each():
        """wasmtime serve has one component in a process: the kernel is fair between two."""
        bench.stack.enter_context(spinning)
        return peers.wasmtime(hello)

    spinning = peers.wasmtime(spin)
    contestants = [
        (Contestant("peko", lambda: peers.peko(peers.Store(bench.folder()).drop("hello-c").drop("spin"), "hello-c"), subject=True),
         lambda server: server, Load(host="spin.localhost", connections=SPINNERS)),
        (Contestant("wasmtime serve, two processes", process_for_each, note="one component in a process; the kernel shares the CPU"),
         lambda server: spinning, Load(connections=SPINNERS)),
        (Contestant("workerd", lambda: peers.workerd(bench.folder(), script),
                    note="it has no limit of CPU time; a neighbour here ends by itself after half a second or so"),
         lambda server: server, Load(path="/spin", connections=SPINNERS)),
        (Contestant("Node.js, script", lambda: peers.node("fetch.mjs", script),
                    note="as workerd: whoever computes has the thread"),
         lambda server: server, Load(path="/spin", connections=SPINNERS)),
    ]
    result.leave_out("nginx", "it runs nothing that could spin")
    for contestant, target, spinners in contestants:
        # One after the other: what spins would take its time from the others.
        started = bench.start([contestant], result)
        bench.in_turn(started, result, "beside neighbours", bench.rounds,
                      lambda _, server, target=target, spinners=spinners: beside(bench, server, target(server), spinners))
        for _, server, _ in started:
            server.__exit__()
        if started and target(server) is not server:
            spinning.__exit__()
    ours = next(row for row in result.rows if row.subject)
    p99 = ours.median("p99_us") / 1000
    result.judge(p99 < P99_MAX_MS, f"p99 beside {SPINNERS} that spin: {p99:.2f} ms (bar {P99_MAX_MS:g} ms)")
    return result


def beside(bench, server, neighbour, spinners):
    """A round: alone, then beside those that spin. They may fail, and so may whoever waits for them in vain."""
    steady = Load(connections=16)
    seconds = 1.5 * bench.seconds
    steady.warm_up(server, 0.5)
    watch = Watch(two_cpus())
    alone = steady.run(server, rate=RATE, seconds=seconds / 2)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        # They begin before and end after; the answers of a second are waited for.
        spun = pool.submit(spinners.run, neighbour, seconds=seconds + 0.5, failures_fine=True)
        found = steady.run(server, rate=RATE, seconds=seconds, failures_fine=True)
        spun.result()
    latency = found["latency_us"]
    return {"alone_p99_us": alone["latency_us"]["p99"], "p50_us": latency["p50"], "p99_us": latency["p99"],
            "p999_us": latency["p999"],
            "answered": 100 * found["answered"] / (found["answered"] + found["unanswered"])}, watch.stop()
