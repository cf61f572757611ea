"""Echo of 1 MB

A body of a megabyte is streamed in and out, through the function's memory.
"""

from rig import peers
from rig.load import Load
from rig.method import Contestant, LOAD_COLUMNS
from rig.result import Column

MEGABYTE = 1_000_000
SETTINGS = "[limits]\nwall_ms = 0\n"  # as the others: no limit of time
COLUMNS = [
    Column("cpu_us_per_mb", "CPU us / MB", better="lower", spread=True, plot=True),
    Column("mb_per_second", "MB / s", better="higher", plot=True),
    *(column for column in LOAD_COLUMNS if column.key not in ("per_cpu_second", "per_second")),
]


def contestants(bench):
    echo = peers.component("echo")
    script = peers.SCRIPTS / "echo_worker.mjs"
    return [
        Contestant("peko", lambda: peers.peko(peers.Store(bench.folder()).drop("echo", SETTINGS), "echo"), subject=True),
        Contestant("peko, spliced", lambda: peers.peko(
            peers.Store(bench.folder()).drop("echo-splice", SETTINGS), "echo-splice"), subject=True,
            note="the function asks the host to pass the body on, so that it never enters its memory"),
        Contestant("wasmtime serve", lambda: peers.wasmtime(echo)),
        Contestant("wasmtime serve, spliced", lambda: peers.wasmtime(peers.component("echo-splice"))),
        Contestant("workerd", lambda: peers.workerd(bench.folder(), script)),
        Contestant("Node.js http", lambda: peers.node("echo.mjs")),
    ]


def measure(bench, load, about, latency=True, columns=COLUMNS):
    absent = [("nginx", "it answers no request with its own body")]
    result = bench.compare(contestants(bench), load, about, columns=columns, absent=absent, latency=latency)
    for row in result.rows:
        row.derive("cpu_us_per_mb", "cpu_us", lambda us: us * MEGABYTE / load.body_bytes)
        row.derive("mb_per_second", "per_second", lambda rate: rate * load.body_bytes / MEGABYTE)
    return result


def run(bench):
    load = Load(method="POST", body_bytes=MEGABYTE, expect_bytes=MEGABYTE, connections=4)
    return measure(bench, load, "4 connections.")
