"""1,000 requests that wait

Each request waits a second before it answers, 1,000 at the same time: what it costs to have slow functions.
"""

import concurrent.futures
import time

from rig import peers
from rig.load import Load
from rig.machine import Missing
from rig.method import Contestant, Round
from rig.result import Column, Result

WAITING, WAIT_MS = 1000, 1000
COLUMNS = [
    Column("rss_kib", "RSS KiB each", better="lower", spread=True, plot=True),
    Column("rss_mib", "RSS MiB, all wait", 1, "lower"),
    Column("cpu_us", "CPU us / request", 1, "lower", spread=True, plot=True),
    Column("late_p50_ms", "late p50 ms", 1, "lower", pool="late_ms", share=0.5),
    Column("late_p99_ms", "late p99 ms", 1, "lower", pool="late_ms", share=0.99),
]


def run(bench):
    result = Result(COLUMNS, f"{WAITING:,} connections, each with a request that waits for {WAIT_MS:,} ms; late: beyond that.")
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
    load = Load(path=f"/{WAIT_MS}", connections=WAITING)
    started = bench.start(contestants, result)
    empty = {contestant.name: server.memory()[0] for contestant, server, _ in started}

    def wait(contestant, server):
        before = server.cpu_ns()  # a round is little work, and ticks are coarse
        with concurrent.futures.ThreadPoolExecutor() as threads:
            asked = threads.submit(load.run, server, count=WAITING)
            time.sleep(0.9)
            rss = server.memory()[0]
            outcome = asked.result()
        used = server.cpu_ns() - before
        if used <= 0:
            raise Missing("it took no CPU time that could be seen")
        return Round({"cpu_us": used / 1000 / outcome["answered"], "rss_mib": rss / 2**20,
                      "rss_kib": (rss - empty[contestant.name]) / WAITING / 1024},
                     {"late_ms": [latency / 1000 - WAIT_MS for latency in outcome["latencies"]]})

    bench.in_turn(started, result, "warming up", 1, lambda contestant, server: wait(contestant, server) and None)
    bench.in_turn(started, result, "all wait", bench.rounds, wait)
    return result
