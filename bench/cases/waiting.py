"""1,000 requests that wait

Each request waits a second before it answers, 1,000 at the same time: what it costs to have slow functions.
"""

import concurrent.futures
import time

from rig import peers
from rig.load import Load
from rig.machine import two_cpus
from rig.method import Contestant, cpu_figures
from rig.noise import Watch
from rig.result import Column, Result

WAITING = 1000
COLUMNS = [
    Column("rss_kib", "RSS KiB each", better="lower", spread=True, plot=True),
    Column("rss_mib", "RSS MiB, all wait", 1, "lower"),
    Column("cpu_us", "CPU us / request", 1, "lower", spread=True, plot=True),
    Column("late_p50_ms", "late p50 ms", 1, "lower"),
    Column("late_p99_ms", "late p99 ms", 1, "lower"),
]


def run(bench):
    result = Result(COLUMNS, f"{WAITING:,} connections, each with a request that waits for 1,000 ms; late: beyond that.")
    sleep = peers.component("sleep")
    script = peers.SCRIPTS / "sleep_worker.mjs"
    pool = ("--instances", WAITING + 100, "--function-concurrency-max", WAITING + 100, "--queue-max", 2 * WAITING)
    contestants = [
        Contestant("peko", lambda: peers.peko(peers.Store(bench.folder()).drop("sleep"), "sleep", *pool), subject=True),
        Contestant("wasmtime serve", lambda: peers.wasmtime(sleep, *peers.wasmtime_slots(WAITING))),
        Contestant("workerd", lambda: peers.workerd(bench.folder(), script)),
        Contestant("Node.js, script", lambda: peers.node("fetch.mjs", script)),
    ]
    result.leave_out("nginx", "it has nothing that waits without a module of its own")
    load = Load(path="/1000", connections=WAITING)
    started = bench.start(contestants, result)
    empty = {contestant.name: server.memory()[0] for contestant, server, _ in started}

    def wait(contestant, server):
        watch, before = Watch(two_cpus()), server.cpu()
        with concurrent.futures.ThreadPoolExecutor() as threads:
            asked = threads.submit(load.run, server, count=WAITING)
            time.sleep(0.9)
            rss = server.memory()[0]
            outcome = asked.result()
        latency = outcome["latency_us"]
        return cpu_figures(server, before, outcome) | {
            "rss_mib": rss / 2**20, "rss_kib": (rss - empty[contestant.name]) / WAITING / 1024,
            "late_p50_ms": latency["p50"] / 1000 - 1000, "late_p99_ms": latency["p99"] / 1000 - 1000}, watch.stop()

    bench.in_turn(started, result, "all wait", bench.rounds, wait)
    return result
